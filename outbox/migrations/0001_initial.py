from django.conf import settings
from django.db import migrations, models
import django.db.models.deletion
import django.db.models.functions.text

from common.migrating import Together


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('branches', '0001_initial'),
    ]

    operations = [
        Together([
            migrations.CreateModel(
                name='Message',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kind', models.CharField(max_length=40)),
                    ('key', models.CharField(max_length=200, unique=True)),
                    ('payload', models.JSONField(default=dict)),
                    ('recipient', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='messages', to=settings.AUTH_USER_MODEL)),
                    ('due_at', models.DateTimeField(help_text='When it may be sent; after a failure, when it may be tried again.')),
                    ('state', models.CharField(choices=[('due', 'due'), ('claimed', 'being sent'), ('sent', 'sent'), ('skipped', 'skipped'), ('failed', 'failed, will be tried again'), ('dead', 'given up')], default='due', max_length=10)),
                    ('reason', models.CharField(blank=True, max_length=200)),
                    ('attempts', models.PositiveSmallIntegerField(default=0)),
                    ('attempt_id', models.UUIDField(null=True)),
                    ('lease_until', models.DateTimeField(null=True)),
                    ('to', models.EmailField(blank=True, max_length=254)),
                    ('subject', models.CharField(blank=True, max_length=200)),
                    ('sent_at', models.DateTimeField(null=True)),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                ],
                options={
                    'indexes': [models.Index(models.F('due_at'), models.F('id'), condition=models.Q(('state__in', ['due', 'claimed', 'failed'])), name='message_waiting'), models.Index(models.F('recipient'), models.OrderBy(models.F('id'), descending=True), name='message_of_recipient'), models.Index(models.F('id'), condition=models.Q(('state', 'dead')), name='message_given_up'), models.Index(django.db.models.functions.text.Lower('to'), condition=models.Q(('state__in', ['claimed', 'sent'])), name='message_of_address')],
                },
            ),
            migrations.CreateModel(
                name='Installation',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('place', models.CharField(max_length=300)),
                ],
                options={
                    'constraints': [models.CheckConstraint(condition=models.Q(('pk', 1)), name='installation_is_one')],
                },
            ),
            migrations.CreateModel(
                name='LocalMail',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('message_id', models.CharField(db_index=True, max_length=200)),
                    ('to', models.CharField(max_length=300)),
                    ('subject', models.CharField(max_length=300)),
                    ('text', models.TextField()),
                    ('html', models.TextField(blank=True)),
                    ('at', models.DateTimeField(auto_now_add=True)),
                ],
                options={
                    'ordering': ['-at', '-pk'],
                },
            ),
        ]),
    ]
