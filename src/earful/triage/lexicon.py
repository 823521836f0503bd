"""Words that mean alike, so that a model taught by few messages can read many.

A word gives the feature of each of its groups, whatever its language. Accents do not matter.
"""

from earful.triage.tokens import fold

_GROUPS = {
    "good": """
        good great love loved loves loving best amazing awesome excellent fantastic brilliant perfect
        perfectly wonderful superb lovely happy pleased impressed delighted glad kind friendly helpful
        nice beautiful legend superstar hero angel lifesaver lifesavers quick gorgeous incredible
        outstanding stellar smooth yay congrats congratulations kudos props shoutout bravo recommend
        enjoyed appreciate appreciated grateful proud fab ace flawless gem delicious yummy finally wow
        unreal respect cheers winner favorite favourite impressive genius encanta encanto genial
        excelente estupendo perfecto maravilla enhorabuena encantado super j'adore adore efficace gentil
        gentille parfait geniale top toll klasse lob freundlich wahnsinn prima zufrieden otimo otima
        adoro parabens maravilhoso gentilissimo ottimo bravissimi perfetto bellissimo fijn leuk geholpen
        ❤ 😍 😊 🙌 👍 👏 🥰 💙 😁 😄 💯 🎉 👌 🙏 🤩 💕 💖 ♥ ⭐ ✨ 💪
    """,
    "thanks": """
        thanks thank thx ty tysm cheers gracias merci danke dank obrigado obrigada grazie bedankt
        dankjewel tks thankyou
    """,
    "bad": """
        bad worst awful terrible horrible useless joke disgusting disgrace disgraceful shame shameful
        pathetic ridiculous rubbish garbage trash sucks sux suck crap hate hated worse appalling
        shocking dreadful poor poorly disappointed disappointing disappointment angry furious annoyed
        annoying frustrated frustrating fed sick unacceptable unbelievable incompetent rude nightmare
        liars lied lie lying scam theft robbery clowns shambles mess ruined ruins ruin unwatchable
        unusable atrocious laughable greedy insulting maddening irritating infuriating embarrassing
        seriously wtf ffs smh ugh fuming livid misleading wasted waste wasting zero fail failed failing
        failure excuse excuses nonsense stupid terribly horrendous abysmal sad sadly verguenza
        vergonzoso fatal pesimo asco penible honteux honte nul nulle scandaleux inadmissible glacial
        unfreundlich nervt frechheit schlecht schlimm unverschamt katastrophe mist vergonha pessimo
        absurdo descaso horrivel vergogna schifo schande slecht waardeloos belachelijk vreselijk 😡 🤬 😠 😤
        💩 🙄 👎 🖕 😒 😭 😞 😩 🤦 🤡 💔 😢 😫
    """,
    "swear": """
        fuck fucking fucked shit bullshit shitty damn bloody ass asshole bastard bastards bitch crap
        hell piss pissed mierda joder putain merde scheise scheis verdammt caralho porra cazzo merda kut
        verdomme
    """,
    "sarcasm": """
        brilliant congrats classy iconic lovely genius imagine apparently convenient cheers sure
    """,
    "fault": """
        broken broke breaks break breaking issue issues problem problems error errors bug bugs buggy
        crash crashes crashed crashing freeze freezes freezing froze frozen fails fail failed failing
        wrong stuck glitch glitches glitchy lag lags laggy lagging slow missing lost loses stopped stops
        keeps disappeared vanished gone deleted wiped corrupt corrupted faulty defective damaged smashed
        cracked dead drops dropping dropped disconnects disconnecting drains draining fault trouble
        doesn't doesnt won't wont can't cant cannot couldn't isn't isnt unable never didn't nothing
        nobody flickers loops reboots rebooting wobbles leaks leaking rejects refuses closes skips
        invalid expired still again without down offline problema problemas fallo falla roto rota
        funciona cierra bloqueado averia panne plante marche fonctionne casse fuit bloque impossible
        kaputt defekt fehler geht sturzt absturz funktioniert fehlt falha travando trava quebrado erro
        fecha guasto rotto blocca funziona errore kapot crasht werkt fout nadie personne niemand ninguem
        nessuno sin sans ohne sem senza zonder
    """,
    "wait": """
        waiting waited wait delayed delay delays late overdue since hours weeks months days week month
        ages yesterday still queue hold llevo espero esperando retraso desde attends attente depuis
        retard warte wartezeit seit verspatung espera atraso aguardando aspetto attesa ritardo wacht
        wachten vertraging
    """,
    "ask": """
        please pls plz kindly could can would want need help fix refund replace send change cancel
        remove unlock add update check resolve sort sorted restore reset reactivate verify confirm book
        move por favor podeis puedes pueden quiero necesito s'il plait svp pourriez pouvez veux bitte
        konnt konnen podem poderia preciso potete puoi voglio alsjeblieft alstublieft kunnen kunt
    """,
    "wonder": """
        how what when where which who does do is are can will any anyone possible whether why como
        cuando donde que cual cuanto comment quand combien est-ce quel quelle wie wann welche gibt
        quando onde qual quanto come dove quale hoe wanneer waar welke hoeveel
    """,
    "wish": """
        wish should bring add option feature suggestion idea would let allow suggest maybe hopefully
        support improve offer why bitte estaria serait ware seria sarebbe zou ojala aimerais wunsche
        gostaria vorrei graag anadir ajouter hinzufugen mode modo modus dark
    """,
    "delivery": """
        delivery deliver delivered delivering parcel parcels package packages courier couriers driver
        tracking shipped shipping ship shipment shipments dispatch dispatched order orders depot arrive
        arrived arriving arrives late delayed doorstep postman mail post warehouse transit box luggage
        baggage bag suitcase flight train landed preorder backorder eta rider item received paquete
        envio envios entrega pedido enviar seguimiento colis livraison livre commande livreur paket
        lieferung geliefert versand bestellung zustellung sendung encomenda pacco consegna consegnato
        spedizione ordine pakket levering bezorgd bestelling bezorger verzenden onderweg
    """,
    "billing": """
        bill bills billed billing charge charged charges charging payment payments paid pay paying
        invoice invoices refund refunded money fee fees debit card credit subscription subscribed
        renewed renewal trial overcharged deposit twice receipt statement cobrado cobraron factura pago
        dinero tarjeta facture preleve paiement abonnement rechnung abgebucht geld zahlung lastschrift
        cobraram fatura pagamento dinheiro cartao addebitato fattura soldi afgeschreven factuur betaling
        rekening coins gift voucher tip direct vat wallet purchase purchased bought
    """,
    "device": """
        laptop phone phones tablet console controller battery charger charging screen headset headphones
        earbuds printer watch camera keyboard router disc drive fan usb bluetooth wifi wi-fi speaker tv
        pc ios windows android iphone ipad mac xbox playstation ps4 ps5 switch game games gameplay fps
        firmware hardware os device devices warranty repair repaired motherboard pixel lens button zip
        fridge dishwasher machine lamp desk mould mouldy quality headlights engine update patch bateria
        portatil pantalla batterie ordinateur ecran akku drucker bildschirm geladen tela batteria
        schermo accu scherm dress shoes mic port dock disk joystick
    """,
    "software": """
        app apps website site web page page's login button browser chrome firefox safari update version
        feature streaming stream subtitles playlist playlists video videos sync cloud api dashboard
        export csv widget notification notifications feed timeline search checkout cart basket portal
        link links upload download drafts email inbox calendar messages photos server code online form
        settings account podcast captcha aplicacion appli aplicativo applicazione pagina seite webseite
        anwendung carrito panier inloggen
    """,
    "outage": """
        outage outages down offline unavailable signal internet broadband network server servers power
        wifi connection connectivity service maintenance blackout cut red panne reseau netz strom
        ausfall storung sinal rete linea linja storing netwerk stroom
    """,
    "returns": """
        return returned returning returns refund refunds refunded exchange exchanged cancel cancelled
        canceled cancellation cancelling label money-back devolucion devolvi devolver reembolso annuler
        remboursement retour rembourse retoure rucksendung erstattung stornieren storno devolucao
        annullare reso rimborso terugbetaling retourneren annuleren
    """,
    "access": """
        account accounts login log logged sign signin password passwords username locked lock unlock
        unlocked 2fa verification verify code codes hacked recover recovery reset suspended disabled
        deactivated banned ban profile gamertag authenticator access blocked reactivate cuenta
        contrasena desbloquear compte connecter debloquer konto passwort entsperren gesperrt einloggen
        conta senha accedere sbloccare inloggen wachtwoord deblokkeren identity email
    """,
    "price": """
        price prices pricing cost costs expensive cheap cheaper cheapest discount discounts deal deals
        fee tariff sale quid rate rates fare fares plan hike increase raise rise premium afford worth
        pricey greedy overpriced student money offer promo precio precios caro cara cuesta prix cher
        chere coute combien preis preise teuer teurer kostet preco custa quanto prezzo prezzi costa
        costo prijs duur kost hoeveel
    """,
    "staff": """
        staff agent agents advisor adviser assistant manager employee employees crew driver rude polite
        unprofessional attitude rep reps representative support service helpful guy lady woman man team
        reply replies replied answer answered answers response respond called spoke told hung ignored
        ignoring dm dms script receptionist nurse doctor engineer clerk cashier conductor waiter
        moderators dependiente atencion empleado accueil vendeur conseiller mitarbeiter kundenservice
        mitarbeiterin atendimento atendente operatore commesso medewerker klantenservice winkel
    """,
    "harm": """
        fire burn burned burnt burning smoke gas glass shock injured injury hurt hospital poisoning
        unsafe danger dangerous hacked hack hacker phishing fraud stolen leak leaked breach threat
        police lawyer solicitor attorney court illegal allergy allergic choked safety scammer stranger
        emergency bites concussion exploded
    """,
    "joke": """
        lol lmao haha hahaha rofl 😂 🤣 💀 jaja jajaja mdr kkkk kkkkk meme 😅 😜
    """,
    "news": """
        announces announced launches opens shares ceo profits quarter union council regulator deal
        acquires raises recall recalls reports breaking investors layoffs series named buys stock record
        demand
    """,
    "leaving": """
        leaving switch switched switching cancel cancelled competitor competitors elsewhere rival never
        done goodbye bye uninstalled alternatives alternative loyal customer
    """,
}

_NEGATORS = """
    not no never don't dont doesn't didn't isn't wasn't aren't can't cannot won't without hardly n't
    nothing nobody nicht kein keine nie ne pas jamais sans ni nunca sin nao sem non mai senza niet geen
    nooit
"""
NEGATORS = frozenset(_NEGATORS.split())


def _index() -> dict[str, tuple[str, ...]]:
    words: dict[str, tuple[str, ...]] = {}
    for group, members in _GROUPS.items():
        for word in sorted({fold(member) for member in members.split()}):
            words[word] = (*words.get(word, ()), "=" + group)
    return words


WORDS = _index()
"""Word to the features of its groups, such as `=fault`."""
POLAR = frozenset({"=good", "=bad"})
