"""Who carries a number's SMS, by its settings: Twilio or a Kannel."""

from earful.channels.contract import Capabilities, Connector
from earful.channels.hooks import Hook
from earful.channels.kit.tools import Tools
from earful.channels.sms.connector import TwilioSms
from earful.channels.sms.hook import TwilioSmsHook
from earful.channels.sms.kannel import KannelSms
from earful.channels.sms.kannel_hook import KannelHook
from earful.channels.sms.limits import CAPABILITIES
from earful.channels.sms.settings import SmsSecrets, SmsSettings


class Provided:
    """The connector of a number."""

    capabilities: Capabilities = CAPABILITIES

    def __call__(self, settings: SmsSettings, secrets: SmsSecrets, tools: Tools) -> Connector:
        made = KannelSms if settings.provider == "kannel" else TwilioSms
        return made(settings, secrets, tools)


def hook(settings: SmsSettings, secrets: SmsSecrets) -> Hook:
    """What reads a number's deliveries."""
    made = KannelHook if settings.provider == "kannel" else TwilioSmsHook
    return made(settings, secrets)
