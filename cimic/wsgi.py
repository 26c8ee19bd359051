"""The door for the web server.

All that pages need is read here, once, before gunicorn parts into its processes: they share it,
and none reads it again at its first request. What stands by then stays: collecting garbage
passes it over, so that its memory stays shared and a pass is short (decision 56).
"""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cimic.settings")

application = get_wsgi_application()
get_resolver().url_patterns  # noqa: B018 - reads every address and its view
gc.collect()
gc.freeze()
