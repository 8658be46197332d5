"""What a definition names and nobody has published.

In: a kind and a key. Out: the sentence. Always true: pure; each kind has its own, so that it can be said in
languages in which the words around a name depend on what it names.
"""

from slinga.kernel.words import Named, Text, worded
from slinga.kernel.words import noted as N_

_ABSENT = {
    "template": N_("there is no template %(name)s"),
    "journey": N_("there is no journey %(name)s"),
    "model": N_("there is no model %(name)s"),
    "score": N_("there is no score %(name)s"),
    "segment": N_("there is no segment %(name)s"),
    "channel": N_("there is no channel %(name)s"),
}
_TO_PUBLISH = {
    "template": N_("there is no template %(name)s; publish it with the journey"),
    "model": N_("there is no model %(name)s; publish it too"),
    "score": N_("there is no score %(name)s; publish it too"),
    "segment": N_("there is no segment %(name)s; publish it too"),
}


def absent(kind: str, key: str) -> Text:
    """That there is no such thing."""
    return worded(_ABSENT.get(kind, _ABSENT["template"]), name=Named(kind, key))


def to_publish(kind: str, key: str) -> Text:
    """That there is no such thing in force, and that it has to be published as well."""
    return worded(_TO_PUBLISH[kind], name=Named(kind, key))


def no_stage(model: str, stage: str) -> Text:
    """That a model has no such stage."""
    return worded(
        "the model %(model)s has no stage %(stage)s",
        model=Named("model", model),
        stage=Named("stage", model, stage),
    )


def no_status(model: str, status: str) -> Text:
    """That no stage of a model has such a status."""
    return worded(
        "the model %(model)s has no status %(status)s",
        model=Named("model", model),
        status=Named("status", model, status),
    )


def no_topic(topic: str) -> Text:
    """That the policy has no such topic."""
    return worded("the policy has no topic %(topic)s", topic=Named("topic", topic))
