import uuid

from django.conf import settings
from django.db import migrations, models
import django.db.models.deletion

from common.migrating import Together


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('branches', '0001_initial'),
    ]

    operations = [
        Together([
            migrations.CreateModel(
                name='UnitFigures',
                fields=[
                    ('unit', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='figures', serialize=False, to='branches.unit')),
                    ('day', models.DateField()),
                    ('counts', models.JSONField(default=dict)),
                    ('series', models.JSONField(default=dict)),
                    ('waiting_since', models.DateField(null=True)),
                ],
            ),
            migrations.CreateModel(
                name='QualityMonth',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='branches.unit')),
                    ('month', models.DateField()),
                    ('counts', models.JSONField(default=dict)),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('unit', 'month'), name='quality_month_once')],
                },
            ),
            migrations.CreateModel(
                name='StaleUnit',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('unit', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='branches.unit')),
                ],
            ),
            migrations.CreateModel(
                name='ReportRun',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('key', models.UUIDField(default=uuid.uuid4, editable=False)),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='branches.unit')),
                    ('created_at', models.DateTimeField()),
                    ('expires_at', models.DateTimeField()),
                ],
                options={
                    'ordering': ['-created_at', '-pk'],
                    'constraints': [models.UniqueConstraint(fields=('by', 'key'), name='report_run_once_per_form')],
                },
            ),
            migrations.CreateModel(
                name='Report',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('key', models.UUIDField(default=uuid.uuid4, editable=False)),
                    ('kind', models.CharField(choices=[('arriving', 'New-member work'), ('annual', 'Annual report: members, meetings, plan, money')], default='arriving', max_length=10)),
                    ('thanks', models.TextField(blank=True)),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reports', to=settings.AUTH_USER_MODEL)),
                    ('run', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='reports', to='cockpit.reportrun')),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='branches.unit')),
                    ('since', models.DateField(verbose_name='from')),
                    ('until', models.DateField(verbose_name='to')),
                    ('language', models.CharField(max_length=5, verbose_name='language')),
                    ('state', models.CharField(choices=[('due', 'being written'), ('ready', 'ready'), ('refused', 'not allowed any more'), ('failed', 'could not be written'), ('stopped', 'stopped')], default='due', max_length=10)),
                    ('progress', models.PositiveSmallIntegerField(default=0)),
                    ('leased_until', models.DateTimeField(null=True)),
                    ('attempts', models.PositiveSmallIntegerField(default=0)),
                    ('content', models.BinaryField(null=True)),
                    ('created_at', models.DateTimeField()),
                    ('expires_at', models.DateTimeField()),
                ],
                options={
                    'ordering': ['-created_at', '-pk'],
                    'constraints': [models.UniqueConstraint(fields=('by', 'key'), name='report_once_per_form'), models.UniqueConstraint(fields=('run', 'unit'), name='report_once_per_run_and_unit'), models.CheckConstraint(condition=models.Q(('until__gte', models.F('since'))), name='report_until_after_since'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'ready'), _negated=True), ('content__isnull', False), _connector='OR'), name='report_ready_has_content')],
                },
            ),
        ]),
    ]
