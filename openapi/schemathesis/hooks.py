"""What schemathesis cannot know from the document.

Queries that must be refused are left as they are; these are about those that must be accepted."""

import schemathesis


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.meta is None or not case.meta.generation.mode.is_positive or not case.query:
        return
    # A cursor fits one query of one release, so none that is made up can be accepted. Tests of ours
    # follow real ones.
    case.query.pop("cursor", None)
    # `name` and `-name` are two words, but one field, which is refused to be sorted by twice.
    if case.query.get("sort"):
        keys = case.query["sort"]
        fields = {}
        for key in keys.split(",") if isinstance(keys, str) else keys:
            fields.setdefault(str(key).lstrip("-"), key)
        case.query["sort"] = ",".join(fields.values())
