"""Where style, scripts and images come from: named by their content, once they are collected."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Serve each file under its content's hash, compressed and kept by browsers for good.

    Before ``collectstatic`` has run there is no manifest: then files keep their own names
    and come straight from ``static/``, as when one writes pages.
    """

    support_js_module_import_aggregation = True
    manifest_strict = False

    def stored_name(self, name: str) -> str:
        return super().stored_name(name) if self.hashed_files else name
