"""Core phrases of the rules in Spanish, French, German, Portuguese, Italian and Dutch.

The syntax is that of `earful.triage.phrases`; accents do not matter. Small on purpose: grown from corrections.
"""

EUROPEAN: dict[str, tuple[str, ...]] = {
    "tried:phone": (
        "he|hemos|ya llamado", "llame|llamamos # veces", "al telefono nadie|no", "nadie coge|contesta el? telefono",
        "j'ai|ai|avons appele|telephone", "# appels", "personne ne repond au telephone", "# minutes d'attente",
        "# angerufen", "zwolfmal|mehrmals|mehrfach|schon|bereits|dreimal|zweimal angerufen", "in der warteschleife", "am telefon niemand|geht|nur",
        "ja? liguei #|varias|para|ja", "ja liguei", "ho|abbiamo gia? chiamato|telefonato", "al telefono nessuno|non",
        "# keer gebeld", "al gebeld", "gebeld en gemaild",
    ),
    "tried:email": (
        "enviado|escrito|mande|mandado|envie #|varios|correos|un|muchos correos?", "no|nadie responden|responde|contestan a? mis? correos|emails|correo",
        "mails|courriels|mail|email sans reponse", "j'ai|ai ecrit|envoye #|plusieurs|des|un mails?", "# mails|emails|e-mails", "mails geschrieben",
        "mandei|enviei #|um|varios e-mail|email|emails|e-mails", "scritto|mandato|inviato #|una|email|mail email?",
        "gebeld en gemaild", "al|keer gemaild", "schon|mehrfach|bereits|mehrmals gemailt|geschrieben",
    ),
    "tried:chat": ("im chat niemand|nur|keine", "por el chat no|nadie|me", "sur le chat personne|aucune|on", "nella chat nessuno", "via de chat niemand|geen"),
    "tried:store": ("fui|he ido a la tienda", "suis alle au|en magasin", "war im|schon laden|geschaft|shop", "fui a loja", "sono andato in|al negozio", "in de winkel geweest"),
    "churn:2": (
        "nunca mas", "me doy de baja", "no vuelvo a comprar", "me cambio de compania", "he cancelado|cambiado mi|de|el",
        "plus jamais", "je|j'ai resilie|resilier", "je vais|pars chez|a la concurrence", "vous avez perdu un|une client|cliente",
        "nie wieder", "ich|hiermit|habe kundige|gekundigt", "habe * gekundigt", "wechsle * anbieter|konkurrenz",
        "nunca mais", "cancelei tudo|meu|minha|o|a", "mai piu", "ho disdetto|disdico|cambiato", "passo|passato alla concorrenza|altro",
        "nooit meer", "heb|ik * opgezegd", "stap over", "ik zeg op|mijn",
    ),
    "churn:1": (
        "mirar|buscar|mirando|buscando otras|otra companias|compania|tienda", "estoy pensando en cambiar|irme", "je pense|envisage * partir|resilier|changer",
        "schaue|sehe|schau * woanders|anderswo", "uberlege * wechseln|kundigen", "penso|pensando * cambiare|mudar|cancelar", "sto pensando * cambiare|disdire",
        "denk|overweeg * overstappen|opzeggen", "cliente desde|da # anos|anni", "client depuis # ans", "kunde seit # jahren", "seit # jahren kunde", "al # jaar klant",
    ),
    "-churn": ("nunca mas tarde", "plus jamais tard|faim", "wie kundige|kann ich", "comment resilier", "como cancelar", "come disdire"),
    "legal": (
        "denuncia|denunciar|abogado|abogados|abogada|demanda|juzgado", "hoja de reclamaciones", "oficina del consumidor", "avocat|avocate", "saisir|saisis|saisirai le|la|un tribunal|justice|mediateur",
        "dgccrf|tribunal", "porter plainte", "anwalt|anwaltin|rechtsanwalt|klage|verbraucherschutz|verbraucherzentrale|bundesnetzagentur|schlichtungsstelle", "gericht", "anzeige erstatten",
        "advogado|advogada|procon|justica", "avvocato|avvocata|denuncia|querela|agcom|antitrust", "advocaat|rechter|consumentenbond|geschillencommissie|aangifte",
    ),
    "-legal": ("mi|mein|mon hermano|bruder|frere es|ist|est abogado|anwalt|avocat", "palais de justice", "lecker|leckeres gericht"),
    "security": (
        "hackeado|hackeada|hackearon|estafa|fraude|phishing|suplantacion", "robado|robaron * datos|tarjeta|cuenta", "pirate|piratage|arnaque|hameconnage", "compte pirate",
        "gehackt|betrug|datenleck|betruger", "hackeada|hackeado|golpe|clonaram", "hackerato|truffa|frode", "gehackt|oplichting|fraude|datalek",
    ),
    "safety": (
        "intoxicacion|incendio|explotado|peligroso|peligro", "trozo de cristal|metal|plastico", "intoxication|incendie|dangereux|danger|explose", "morceau de verre|metal|plastique",
        "lebensgefahr|gefahrlich|brand|explodiert|verletzt|lebensmittelvergiftung|stromschlag", "stuck metall|glas|plastik", "perigo|perigoso|intoxicacao|explodiu", "pericolo|pericoloso|incendio|esploso", "gevaarlijk|brand|voedselvergiftiging|ontploft",
    ),
    "vulnerable": (
        "bebe|discapacidad|discapacitado|silla de ruedas|embarazada", "con un bebe", "mi|mon|ma|meine|mia|mijn|minha madre|mere|mutter|pere|vater|padre|moeder|vader|mae|pai * # anos|ans|jahre|anni|jaar",
        "handicape|handicapee|enceinte|nourrisson|fauteuil roulant", "saugling|rollstuhl|schwanger|behindert|pflegebedurftig", "mein|meine kind|tochter|sohn hat|ist", "gravida|cadeira de rodas", "disabile|neonato|incinta", "rolstoel|zwanger|gehandicapt",
    ),
    "now": ("ahora mismo|en este momento", "ahora mismo", "en ce moment meme", "tout de suite", "gerade jetzt", "genau jetzt", "in diesem moment", "agora mesmo", "proprio adesso|ora", "op dit moment", "nu meteen"),
    "-now": ("todo va|bien ahora mismo",),
    "soon:deadline": ("esta noche|tarde", "manana vuelo|viajo|tengo|salgo", "antes de las|manana|el", "ce soir", "demain", "avant #|ce|demain|lundi", "bis heute|morgen|montag|freitag", "heute abend", "morgen fruh|muss|fliege", "hoje|amanha preciso|tenho|viajo", "entro|stasera|domani", "vanavond", "voor morgen|vanavond"),
    "soon:asap": ("urgente|urgentemente", "cuanto antes", "lo antes posible", "en urgence", "au plus vite", "des que possible", "dringend|umgehend", "so schnell wie moglich", "o mais rapido possivel", "il prima possibile", "con urgenza", "zo snel mogelijk", "met spoed"),
    "soon:plea": ("ayuda por favor", "ayudenme|ayudadme|ayudame", "necesito ayuda", "aidez-moi", "aidez moi", "besoin d'aide", "bitte * helfen|hilfe", "brauche hilfe", "me ajudem|ajuda", "preciso de ajuda", "aiutatemi|aiuto", "help alstublieft|alsjeblieft|aub"),
    "-soon:plea": ("bitte * helfen kann",),
    "blocked": (
        "no puedo|consigo entrar|acceder|pagar|usar|iniciar|conectar", "sin internet|luz|linea|servicio|telefono|agua", "cuenta bloqueada|suspendida", "impossible de me? connecter|acceder|payer|joindre", "compte est? bloque|suspendu",
        "panne", "sans internet|electricite|telephone|reseau", "kein|ohne netz|internet|strom|empfang|telefon", "komme nicht mehr? ins|in|rein", "konto|karte ist? gesperrt", "nao consigo entrar|acessar|pagar|usar|trabalhar|logar", "sem internet|sinal|luz|energia",
        "non riesco ad|a accedere|entrare|pagare|usare", "linea non funziona", "senza internet|linea|luce", "storing", "kan niet inloggen|werken|betalen|meer", "geen internet|stroom|verbinding|bereik",
    ),
    "money": (
        "cobrado|cobraron|cobrais|cobraram dos|duas veces|vezes", "devolvais|devolver|devuelvan * dinero", "sin el reembolso", "mi|o|meu dinero|dinheiro de? volta?", "preleve|facture deux fois", "etre rembourse", "j'attends mon remboursement", "doppelt abgebucht|berechnet",
        "geld zuruck", "erstattung fehlt", "addebitato due volte", "rivoglio i soldi", "twee keer afgeschreven", "geld terug", "wacht * terugbetaling",
    ),
    "repeat": ("otra vez", "# veces", "encore une fois", "# fois", "schon wieder", "# mal", "outra vez", "di nuovo", "alweer", "# keer"),
    "long": ("#|un|una mes|meses|semanas|semana|anos sin|y|esperando|con|no", "depuis # mois|semaines|ans", "depuis des semaines|mois", "seit #|wochen|monaten wochen?|monaten|monate", "seit wochen|monaten", "ha #|duas meses|semanas|mes", "# meses nisso|sem|esperando", "da # mesi|settimane|giorni|anni", "al weken|maanden|# weken?|maanden?", "# maanden zonder|en"),
    "-long": ("hace # anos que confio", "in # wochen|monaten"),
    "spam": ("gana dinero", "enlace en la bio", "escribeme al privado", "gagnez de l'argent", "lien en|dans bio|la", "geld verdienen von|mit", "ganhe dinheiro", "link na bio", "guadagna soldi|da", "verdien geld", "link in|nella bio"),
    "threat": ("te|os|los voy a matar", "je vais te|vous tuer", "ich bring|bringe dich|euch um", "vou te matar", "ti|vi ammazzo|uccido", "ik maak je|jullie dood|af"),
    "hate": ("vete a tu pais", "rentre|rentrez dans ton|votre pays", "geh|geht zuruck in dein|euer land", "auslander raus", "volta para teu|seu pais", "torna al tuo paese", "ga terug naar je eigen? land"),
}
