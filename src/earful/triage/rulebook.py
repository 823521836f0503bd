"""All phrases of the rules, compiled once."""

from earful.triage.phrases import Phrasebook
from earful.triage.phrases_en import ENGLISH
from earful.triage.phrases_eu import EUROPEAN

PHRASES = Phrasebook(ENGLISH, EUROPEAN)
