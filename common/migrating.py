"""Operations of migrations that stand between Django's."""

from django.db.migrations.operations.base import Operation


class Together(Operation):
    """Make many tables as one step.

    Django builds all models that are related anew after each operation, which for the tables of a room takes half a
    minute; after this one it builds them once. Only operations that do not look at the state before them may stand here.
    """

    reduces_to_sql = True

    def __init__(self, operations):
        self.operations = operations

    def state_forwards(self, app_label, state):
        state.__dict__.pop("apps", None)
        for operation in self.operations:
            operation.state_forwards(app_label, state)

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        for operation in self.operations:
            operation.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        for operation in reversed(self.operations):
            operation.database_backwards(app_label, schema_editor, from_state, to_state)

    def describe(self):
        return f"Make {len(self.operations)} tables"
