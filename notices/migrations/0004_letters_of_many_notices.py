import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """What every notice and letter now has, and what the database refuses of them."""

    dependencies = [('notices', '0003_what_was_told_before')]

    operations = [
        migrations.RemoveField('letter', 'notice'),
        migrations.RemoveField('notice', 'duty'),
        migrations.RemoveField('notice', 'text'),
        migrations.AlterField('letter', 'person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='letters', to=settings.AUTH_USER_MODEL)),
        migrations.AlterField('letter', 'mission', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='missions.mission')),
        migrations.AlterField('notice', 'mission', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='missions.mission')),
        migrations.AddIndex('notice', models.Index(fields=['person', '-made_at', '-id'], name='notices_of_a_person')),
        migrations.AddIndex('notice', models.Index(condition=models.Q(('read_at__isnull', True)), fields=['person', '-made_at', '-id'], name='notices_new')),
        migrations.AddIndex('notice', models.Index(condition=models.Q(('group', 'duties')), fields=['person', '-made_at', '-id'], name='notices_of_duties')),
        migrations.AddIndex('notice', models.Index(condition=models.Q(('read_at__isnull', True), ('delivery', 'digest'), ('letter__isnull', True)), fields=['person', 'mission', 'made_at'], name='notices_for_a_digest')),
        migrations.AddConstraint('letter', models.UniqueConstraint(fields=('person', 'mission', 'digest_of'), name='person_has_one_digest_a_day')),
        migrations.AddConstraint('notice', models.CheckConstraint(condition=models.Q(models.Q(('group', 'duties'), _negated=True), ('delivery', 'at_once'), _connector='OR'), name='duty_is_told_at_once')),
        migrations.AddConstraint('notice', models.CheckConstraint(condition=models.Q(models.Q(('delivery', 'centre'), _negated=True), ('letter__isnull', True), _connector='OR'), name='what_stays_in_the_centre_has_no_letter')),
    ]
