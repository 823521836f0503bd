"""`{% trans %}` without variables is put into a template's language when the template is read, not at every use."""

from jinja2 import nodes
from jinja2.ext import InternationalizationExtension
from jinja2.parser import Parser
from markupsafe import Markup


class TranslatedOnce(InternationalizationExtension):
    """The i18n extension for an environment of one language, whose `tongue` is known before templates are read."""

    def parse(self, parser: Parser) -> nodes.Node | list[nodes.Node]:
        """The nodes of one `{% trans %}` block."""
        made = super().parse(parser)
        match made:
            case nodes.Output(
                nodes=[nodes.Call(node=nodes.Name(name="gettext"), args=[nodes.Const() as said], kwargs=[])]
            ):
                # As the new style of gettext does: the text is markup, and a doubled % is one.
                text = Markup(self.environment.tongue(said.value)) % {}  # type: ignore[attr-defined]  # noqa: S704
                return nodes.Output([nodes.TemplateData(str(text))], lineno=made.lineno)
        return made
