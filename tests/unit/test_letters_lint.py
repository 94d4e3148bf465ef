"""What a message may not say: each rule with a message it must find and a near miss that must pass."""

import time
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbook.domain.case import Case
from playbook.domain.events import OwnWords
from playbook.domain.ids import OrderId
from playbook.domain.orders import EarlierKind
from playbook.domain.promises import PromiseKind
from playbook.domain.remedies import RemedyKind
from playbook.letters import Letter, LetterKind, LintFinding, draft, fixed, lint
from playbook.letters.altered import altered_figures
from playbook.letters.findings import REASONS
from playbook.letters.kinds import LOCALES
from playbook.letters.lint import _any_of, _names_any, _plain
from playbook.steps.commands import ConfirmPlan, KeepPromise
from tests.builders import (
    NOW,
    ORDER_ID,
    ProblemType,
    a_claimed_case,
    a_line,
    a_locked_case,
    a_setting,
    an_open_case,
    an_order,
    choose,
    claim,
    earlier,
    money,
    run,
    the_policy,
)


def a_solved_case(language: str = "en") -> Case:
    """Three of ten lamps replaced, one of five mugs (40.00) refunded with 8.00; both due the next day."""
    order = an_order(
        a_line(1, paid="100.00", asin="B0CMUG1234"),
        a_line(2, units=5, paid="40.00", title="Set of 20 mugs, 12 oz"),
        earlier=(earlier(2, 1, EarlierKind.REFUND, refunded={"item": money("7.77")}),),
    )
    case = a_claimed_case(claim(3), claim(1, ProblemType.MISSING, 2), order=order)
    case = run(
        case,
        choose(RemedyKind.REPLACEMENT, "c1"),
        choose(RemedyKind.REFUND_FULL, "c2"),
        ConfirmPlan(),
    )
    return replace(case, language=language)


CASE = a_solved_case()
CASES = {locale: replace(CASE, language=locale) for locale in LOCALES}
PLAIN = {
    "en": "Hello, about your order {}: we have sent what you asked for.\n",
    "de": "Guten Tag, zu Ihrer Bestellung {}: wir haben die Ware versandt.\n",
    "zh": "您好，关于您的订单 {}：商品已经寄出，请您查收。\n",
    "ja": "お客様、ご注文 {} の商品はすでに発送しております。\n",
    "fr": "Bonjour, concernant votre commande {}, nous avons expédié la marchandise.\n",
    "es": "Hola, sobre su pedido {}: hemos enviado la mercancía y está en camino.\n",
    "it": "Buongiorno, per il Suo ordine {} abbiamo spedito la merce.\n",
}
"""A message about the order that no rule minds."""


def findings(
    text: str, *, case: Case = CASE, proactive: bool = False, locale: str = "en"
) -> tuple[LintFinding, ...]:
    return lint(text, case=case, policy=the_policy(), locale=locale, now=NOW, proactive=proactive)


def rules(text: str, *, locale: str = "en", proactive: bool = False, case: Case | None = None) -> list[str]:
    """The rules that *text*, added to a harmless message, breaks."""
    whole = PLAIN[locale].format(ORDER_ID) + text
    found = findings(whole, case=case or CASES[locale], proactive=proactive, locale=locale)
    return sorted({finding.rule_id for finding in found})


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("proactive", [False, True])
def test_a_harmless_message_passes(locale: str, proactive: bool):
    assert (
        rules("" if not proactive else "\n3 x Desk lamp, colour 1", locale=locale, proactive=proactive) == []
    )


EVERY_MESSAGE: dict[str, tuple[list[str], list[str]]] = {
    # rule: (must be found, must pass)
    "marketing": (
        [
            "Use this coupon next time.",
            "Feel free to BUY AGAIN.",
            "10% off",
            "欢迎再次购买",
            "Ihr Gutschein",
            "またのご利用",
        ],
        [
            "You bought 10 of these.",
            "优先处理您的订单",
            "Wir haben die Bestellung erneut geprüft.",
            "ご利用の際は",
        ],
    ),
    "review_pressure": (
        [
            "Please leave a 5-star rating.",
            "could you Change Your Review?",
            "请给好评",
            "Positive Bewertung",
            "高評価",
        ],
        ["We reviewed the photos.", "我们会评估照片", "Wir bewerten die Fotos.", "評価額"],
    ),
    "incentive": (
        [
            "We refund you if you close the claim.",
            "撤销索赔后退款",
            "Im Gegenzug erstatten wir.",
            "取り下げていただければ",
        ],
        [
            "We will close the claim with Amazon.",
            "索赔已经关闭",
            "Das ist der Gegenwert.",
            "取り下げは不要です",
        ],
    ),
    "email_address": (
        ["write to help@shop.example.com", "邮箱help@shop.cn"],
        ["SKU-1 @ 10 units", "the mark @home is on the box"],
    ),
    "phone_number": (
        [
            "call 020 7946 0958",
            "call +44 20 7946 0958",
            "call 02079460958",
            "电话13812345678",
            "Tel. (030) 901-8200",
            "090-1234-5678",
        ],
        [
            f"order {ORDER_ID}",
            "order number 20455128737719305",
            "tracking number 123456789012",
            "运单号：1234567890123",
            "Sendungsnummer: 003404341610",
            "お問い合わせ番号：123456789012",
            "parcel 1Z999AA10123456784",
            "on 2026-11-24",
            "am 24.11.2026",
            "ASIN B0CMUG1234",
        ],
    ),
    "external_link": (
        ["see https://shop.example.com/x", "see https://amazon.com.evil.example/"],
        ["see https://www.amazon.co.uk/gp/help", "see https://amazon.de", "www is not a link"],
    ),
    "insecure_link": (["see http://www.amazon.com/x"], ["see https://www.amazon.com/x"]),
    "emoji_or_gif": (["Sorry \U0001f622", "✓ done", "look.GIF"], ["Lamp™ © 2024", "№ 5", "gift box"]),
    "tracking_pixel": (["<img src=x>", "data:image/png;base64,AAAA"], ["the image data are here", "<3 mm"]),
    "opt_out_link": (
        ["Click to unsubscribe", "退订", "Abmelden", "配信停止"],
        ["Please subscribe", "撤销", "anmelden"],
    ),
    "ask_buyer_to_cancel": (
        ["Please cancel the order.", "请您取消订单", "Bitte stornieren Sie.", "キャンセルしてください"],
        [
            "We have cancelled one item.",
            "我们取消了一个商品",
            "Wir haben storniert.",
            "キャンセルいたしました",
        ],
    ),
    "off_amazon_diversion": (
        ["Visit our website.", "加我微信", "über Banküberweisung", "銀行振込", "pay by PayPal"],
        ["Visit the product page.", "微小的瑕疵", "Ihre Bank", "銀行での反映"],
    ),
    "refund_outside_amazon": (
        ["We refund you directly.", "线下退款", "außerhalb von Amazon", "直接返金"],
        ["We refund you through Amazon.", "退款通过亚马逊", "über Amazon", "Amazonで返金"],
    ),
    "line_breaks": (["one\n\n\n\ntwo"], ["one\n\n\ntwo"]),
    "promise_without_date": (
        ["We will ship the lamps.", "The refund will be submitted soon."],
        [
            "We will ship the lamps by Tue 24 Nov 2026.",
            "We will look into it.",
            "We will ship the lamps tomorrow, on 24 Nov. 2026, at no charge.",
        ],
    ),
}

ROMANCE: dict[str, dict[str, tuple[list[str], list[str]]]] = {
    # the same for the rules that look for words, by language
    "marketing": {
        "fr": (
            ["Voici un bon d’achat.", "Nous vous accordons une remise.", "Pour votre prochaine commande"],
            ["La remise du colis a été tentée.", "Votre commande a été contrôlée.", "le bon article"],
        ),
        "es": (
            ["Tiene un 10 por ciento de DESCUENTO.", "Vuelva a comprar aquí.", "En su próximo pedido"],
            ["No hay novedades del transportista.", "Hemos vuelto a revisar el pedido.", "la compra"],
        ),
        "it": (
            ["Ecco un buono sconto.", "Può ordinare di nuovo.", "Sul Suo prossimo ordine"],
            ["In attesa di un riscontro.", "Abbiamo controllato di nuovo l’ordine.", "lo scontrino"],
        ),
    },
    "review_pressure": {
        "fr": (
            ["Laissez un avis positif.", "Pourriez-vous modifier votre évaluation\u00a0?", "5 étoiles"],
            ["Nous attendons votre avis sur cette proposition.", "Nous avons évalué les photos."],
        ),
        "es": (
            ["Deje una reseña positiva.", "¿Podría cambiar su valoración?", "cinco estrellas"],
            ["Díganos su opinión sobre la propuesta.", "Hemos valorado las fotos."],
        ),
        "it": (
            ["Lasci una recensione positiva.", "Può modificare la Sua recensione?", "5 stelle"],
            ["Ci dica la Sua opinione.", "Abbiamo valutato le foto."],
        ),
    },
    "incentive": {
        "fr": (
            ["Remboursement en échange d’un avis", "si vous retirez votre réclamation", "en contrepartie"],
            ["Un échange contre le bon article", "si vous retirez l’étiquette"],
        ),
        "es": (
            ["a cambio de su reseña", "si retira la reclamación"],
            ["El cambio por el producto correcto", "si retira la etiqueta"],
        ),
        "it": (
            ["in cambio di una recensione", "se ritira il reclamo"],
            ["Il cambio con il prodotto corretto", "se ritira il pacco"],
        ),
    },
    "opt_out_link": {
        "fr": (["Pour vous désabonner", "désinscription"], ["L’abonnement du magasin"]),
        "es": (["Puede darse de baja", "cancelar la suscripción"], ["la planta baja"]),
        "it": (["annullare l’iscrizione", "Disiscriviti"], ["L’iscrizione alla fiera"]),
    },
    "ask_buyer_to_cancel": {
        "fr": (
            ["Merci d’annuler la commande.", "Veuillez annuler.", "Pourriez-vous annuler\u00a0?"],
            ["Nous avons annulé cet article.", "Nous avons dû annuler l’article."],
        ),
        "es": (
            ["Por favor, cancele el pedido.", "Le pedimos que cancele su pedido."],
            ["Hemos cancelado el artículo.", "¿Desea que cancelemos el artículo?"],
        ),
        "it": (
            ["La preghiamo di annullare.", "Annulli l’ordine."],
            ["Abbiamo annullato l’articolo.", "Abbiamo dovuto annullare."],
        ),
    },
    "off_amazon_diversion": {
        "fr": (
            ["Visitez notre site.", "par virement bancaire"],
            ["Le colis est revenu sur notre site de Lyon.", "votre banque"],
        ),
        "es": (["En nuestra página web", "por transferencia"], ["En la página del producto", "su banco"]),
        "it": (["Sul nostro sito", "tramite bonifico"], ["Nella pagina del prodotto", "la Sua banca"]),
    },
    "refund_outside_amazon": {
        "fr": (["hors d’Amazon", "Nous vous rembourserons directement"], ["remboursé via Amazon"]),
        "es": (["fuera de Amazon", "Le reembolsaremos directamente"], ["reembolsado a través de Amazon"]),
        "it": (["al di fuori di Amazon", "La rimborseremo direttamente"], ["rimborsato tramite Amazon"]),
    },
    "phone_number": {
        "fr": (
            ["au 01 70 18 10 38", "au +33 1 70 18 10 38", "au 01.70.18.10.38"],
            ["numéro de suivi\u00a0: 123456789012", "commande 20455128737719305", "retour 123456789012"],
        ),
        "es": (
            ["al 912 345 678", "al 91 234 56 78", "al 912 34 56 78", "al +34 612 345 678"],
            ["número de seguimiento: 123456789012", "devolución 123456789012"],
        ),
        "it": (
            ["allo 02 4567 8901", "al +39 347 123 4567"],
            ["codice di tracciamento: 123456789012", "reso 123456789012"],
        ),
    },
}
_SPOKEN = [
    (rule, locale, found, passing)
    for rule, languages in ROMANCE.items()
    for locale, (found, passing) in languages.items()
]


@pytest.mark.parametrize(("rule", "locale", "bad", "good"), _SPOKEN)
def test_the_rules_know_french_spanish_and_italian(rule: str, locale: str, bad: list[str], good: list[str]):
    for text in bad:
        assert rule in rules(text, locale=locale), text
    for text in good:
        assert rule not in rules(text, locale=locale), text


def test_no_rule_that_looks_for_words_leaves_a_language_out():
    looking = {row.id for row in the_policy().rows.message_rules if row.hints}
    assert looking == ROMANCE.keys() - {"phone_number"} | {"refunded_while_pending"}
    assert all(languages.keys() == {"fr", "es", "it"} for languages in ROMANCE.values())
    assert REFUNDED.keys() == set(LOCALES)


REFUNDED = {
    "en": ("£8.00 has been refunded.", "The refund has been submitted."),
    "zh": ("我们已退款 £8.00。", "已提交退款 £8.00。"),
    "de": ("Insgesamt erstattet: 8,00 £.", "Die Erstattung ist veranlasst."),
    "ja": ("£8.00を返金いたしました。", "£8.00の返金手続きを行いました。"),
    "fr": ("Nous vous avons remboursé 8,00 £.", "Le remboursement de 8,00 £ est émis."),
    "es": ("Hemos reembolsado 8,00 GBP.", "El reembolso de 8,00 GBP se ha tramitado."),
    "it": ("Abbiamo rimborsato 8,00 £.", "Il rimborso di 8,00 £ è stato emesso."),
}


@pytest.mark.parametrize("locale", LOCALES)
def test_refunded_is_only_said_when_the_refund_can_no_longer_be_cancelled(locale: str):
    bad, good = REFUNDED[locale]
    refund = next(p for p in CASE.open_promises if p.kind is PromiseKind.SUBMIT_REFUND)
    order = CASE.order.model_copy(update={"earlier": ()})
    before = replace(CASE, order=order, language=locale)
    after = run(before, KeepPromise(refund.promise))
    for case, hours, found in ((before, 0, True), (after, 0, True), (after, 1.9, True), (after, 2.1, False)):
        for text in (bad, good):
            whole = PLAIN[locale].format(ORDER_ID) + text
            at = NOW + timedelta(hours=hours)
            ids = [one.rule_id for one in lint(whole, case=case, policy=the_policy(), locale=locale, now=at)]
            assert ids == (["refunded_while_pending"] if found and bad in text else [])


def test_thirty_days_after_delivery_only_replies_are_possible():
    text = PLAIN["en"].format(ORDER_ID) + "3 x Desk lamp, colour 1"
    for days, too_late in ((20, False), (40, True)):
        at = NOW + timedelta(days=days)
        for proactive in (True, False):
            found = lint(text, case=CASE, policy=the_policy(), locale="en", now=at, proactive=proactive)
            assert [one.rule_id for one in found] == ["older_than_30_days"] * (too_late and proactive)


PROACTIVE: dict[str, tuple[list[str], list[str]]] = {
    "only_thanks": (
        [f"Thank you for your order {ORDER_ID}!", "您好，感谢您的支持！"],
        [f"Thank you. Order {ORDER_ID}: 3 x Desk lamp, colour 1 are on their way."],
    ),
    "missing_order_id": (["We have sent 3 x Desk lamp."], [f"Order {ORDER_ID}: we have sent 3 x Desk lamp."]),
}

OTHERWISE = {"wrong_language", "older_than_30_days", "refunded_while_pending"}
"""Have tests of their own."""

PERSON = {
    "repeat_review_request",
    "logo_with_url",
    "attachment_type",
    "product_image",
    "order_or_shipping_confirmation",
    "spelling",
}
"""Only a person can see these in a message, or knows them from Seller Central."""

API = {"html", "too_long_for_api", "styling_override"}
"""About texts that a program sends: ours are copied by a person."""


def _language(text: str) -> str:
    if (
        any("\u3040" <= char <= "\u30ff" for char in text)
        or "銀行" in text
        or "高評価" in text
        or "返金" in text
    ):
        return "ja"
    if any("\u4e00" <= char <= "\u9fff" for char in text):
        return "zh"
    return "en"


def _examples(at: int) -> list[tuple[str, str]]:
    return [(rule, text) for rule, examples in EVERY_MESSAGE.items() for text in examples[at]]


@pytest.mark.parametrize(("rule", "text"), _examples(0))
def test_the_rule_finds_it_and_no_other_does(rule: str, text: str):
    also = {"external_link": {"insecure_link"}, "insecure_link": {"external_link"}}.get(rule, set())
    found = set(rules(text, locale=_language(text)))
    assert rule in found
    assert found <= {rule, "number_not_in_ledger", *also}


@pytest.mark.parametrize(("rule", "text"), _examples(1))
def test_the_near_miss_passes(rule: str, text: str):
    assert rule not in rules(text, locale=_language(text))


@pytest.mark.parametrize("rule", PROACTIVE)
def test_rules_for_messages_nobody_asked_for(rule: str):
    bad, good = PROACTIVE[rule]
    for text in bad:
        assert rule in {one.rule_id for one in findings(text, proactive=True)}
        assert rule not in {one.rule_id for one in findings(text)}
    for text in good:
        assert rule not in {one.rule_id for one in findings(text, proactive=True)}


def test_every_rule_is_accounted_for():
    known = {row.id: row for row in the_policy().rows.message_rules}
    assert known.keys() == {*EVERY_MESSAGE, *PROACTIVE, *PERSON, *API, *OTHERWISE}
    assert not [rule for rule in PERSON if known[rule].pattern or known[rule].hints]
    assert {known[rule].scope for rule in API} == {"api", "html"}


def test_the_severity_and_the_reason_are_those_of_the_rule():
    row = next(row for row in the_policy().rows.message_rules if row.id == "line_breaks")
    (finding,) = findings(PLAIN["en"].format(ORDER_ID) + "a\n\n\n\n\nb")
    assert (finding.severity, finding.why, finding.text) == (row.kind, row.why, "\n\n\n\n\n")


def test_blocking_findings_come_first_and_none_twice():
    found = findings("We will ship it.\n\n\n\n Sorry \U0001f622 coupon COUPON")
    assert [one.severity for one in found] == sorted(
        (one.severity for one in found), key=["block", "warn"].index
    )
    assert len(found) == len(set(found))
    assert [one.text for one in found if one.rule_id == "marketing"] == ["coupon", "COUPON"]
    assert [one.rule_id for one in found].count("emoji_or_gif") == 1


def test_a_span_shows_the_words_even_behind_letters_that_grow_when_folded():
    text = "ßßß İ " + PLAIN["en"].format(ORDER_ID) + "Your coupon"
    (finding,) = [one for one in findings(text) if one.rule_id == "marketing"]
    assert text[slice(*finding.span)] == "coupon"


NOTATIONS = {
    "en": {
        "amount": ("a refund of £8.00", "a refund of £8.50"),
        "thousands": ("in all £140.00", "in all £1,140.00"),
        "currency": ("£8.00", "€8.00"),
        "units": ("3 units", "6 units"),
        "units_in_words": ("three units", "six units"),
        "date": ("by Tue 24 Nov 2026", "by Wed 2 Dec 2026"),
        "date_without_year": ("by November 24th", "by December 2nd"),
        "order": (f"order {ORDER_ID}", "order 204-5512873-7719306"),
    },
    "de": {
        "amount": ("Erstattung von 8,00 £", "Erstattung von 8,50 £"),
        "thousands": ("insgesamt 140,00 £", "insgesamt 1.140,00 £"),
        "currency": ("8,00 £", "8,00 €"),
        "units": ("3 Stück", "6 Stück"),
        "units_in_words": ("drei Stück", "sechs Stück"),
        "date": ("bis Dienstag, 24. November 2026", "bis Mittwoch, 2. Dezember 2026"),
        "date_without_year": ("bis 24.11.", "bis 2.12."),
        "order": (f"Bestellung {ORDER_ID}", "Bestellung 204 5512873 7719306"),
    },
    "zh": {
        "amount": ("退款 £8.00", "退款 ￡８.50"),
        "thousands": ("合计 £140.00", "合计 £1，140.00"),
        "currency": ("8 英镑", "8 美元"),
        "units": ("补发３件", "补发 6 件"),
        "units_in_words": ("补发三件", "补发六件"),
        "date": ("2026年11月24日前", "2026年12月2日前"),
        "date_without_year": ("11月24日前", "12 月 2 号前"),
        "order": (f"订单{ORDER_ID}", "订单２０４－５５１２８７３－７７１９３０６"),
    },
    "ja": {
        "amount": ("£8.00を返金", "£8.50を返金"),
        "thousands": ("合計£140.00", "合計£1,140.00"),
        "currency": ("8ポンド", "8円"),
        "units": ("3点", "6個"),
        "units_in_words": ("三個", "六個"),
        "date": ("2026年11月24日(火)まで", "2026年12月2日(水)まで"),
        "date_without_year": ("11/24（火）まで", "12/2（水）まで"),
        "order": (f"ご注文{ORDER_ID}", "ご注文204-5512873-7719306"),
    },
    "fr": {
        "amount": ("remboursement de 8,00\u00a0£GB", "remboursement de 8,50\u00a0£GB"),
        "thousands": ("au total 140,00 £", "au total 1\u202f140,00 £"),
        "currency": ("8,00 £", "8,00 €"),
        "units": ("3 pièces", "6 unités"),
        "units_in_words": ("trois unités", "six unités"),
        "date": ("le mardi 24 novembre 2026", "le mercredi 2 décembre 2026"),
        "date_without_year": ("le 24 novembre", "le 1er janvier"),
        "order": (f"commande {ORDER_ID}", "commande 204-5512873-7719306"),
    },
    "es": {
        "amount": ("reembolso de 8,00 GBP", "reembolso de 8,50 GBP"),
        "thousands": ("en total 140,00 GBP", "en total 1.140,00 GBP"),
        "currency": ("8 libras esterlinas", "8 dólares"),
        "units": ("3 unidades", "6 piezas"),
        "units_in_words": ("tres unidades", "seis unidades"),
        "date": ("el martes 24 de noviembre de 2026", "el miércoles 2 de diciembre de 2026"),
        "date_without_year": ("el 24 de noviembre", "el 2 de diciembre"),
        "order": (f"pedido {ORDER_ID}", "pedido 204-5512873-7719306"),
    },
    "it": {
        "amount": ("rimborso di 8,00 £", "rimborso di 8,50 £"),
        "thousands": ("in totale 140,00 £", "in totale 1.140,00 £"),
        "currency": ("8 sterline", "8 euro"),
        "units": ("3 pezzi", "6 unità"),
        "units_in_words": ("tre pezzi", "sei pezzi"),
        "date": ("entro martedì 24 novembre 2026", "entro venerdì 1º gennaio 2027"),
        "date_without_year": ("entro il 24 novembre", "entro il 2 dicembre"),
        "order": (f"ordine {ORDER_ID}", "ordine 204-5512873-7719306"),
    },
}
CODES = {
    "amount": "amount_not_in_ledger",
    "thousands": "amount_not_in_ledger",
    "currency": "amount_not_in_ledger",
    "units": "units_not_in_ledger",
    "units_in_words": "units_not_in_ledger",
    "date": "date_not_in_ledger",
    "date_without_year": "date_not_in_ledger",
    "order": "other_order",
}


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("what", CODES)
def test_every_figure_must_equal_the_ledger(what: str, locale: str):
    right, wrong = NOTATIONS[locale][what]
    assert rules(right, locale=locale) == []
    whole = PLAIN[locale].format(ORDER_ID) + wrong
    found = findings(whole, case=CASES[locale], locale=locale)
    assert [(one.rule_id, one.severity) for one in found] == [(CODES[what], "block")]
    assert whole[slice(*found[0].span)] in wrong


def test_the_nearest_known_figure_is_told():
    (finding,) = findings(PLAIN["en"].format(ORDER_ID) + "a refund of £8.50")
    assert finding.why.en == REASONS["amount_not_in_ledger"].en + " (£8.50; ≈ 8.00)"
    assert finding.why.zh_CN == REASONS["amount_not_in_ledger"].zh_CN + " (£8.50; ≈ 8.00)"


@pytest.mark.parametrize(
    "text",
    [
        "5 units ordered, 10 units ordered, 7 units are fine",
        "Set of 20 mugs, 12 oz: 1 unit",
        "SKU-2 and ASIN B0CMUG1234",
        "£7.77 was refunded before, £40.00 was paid, £8.00 each",
        "3 to 5 working days",
        "we wrote on 23 Nov 2026; delivered 18 Nov 2026, at the latest 19 Nov 2026; ordered 11 Nov 2026",
        "100 % of the price",
        "1. the lamps\n2. the mugs",
    ],
)
def test_facts_of_the_order_may_be_named(text: str):
    assert rules(text) == []


@pytest.mark.parametrize("text", ["within 48 hours", "30 % of the price", "7.5 percent", "box 4711"])
def test_the_agent_answers_for_a_number_that_is_nowhere(text: str):
    whole = PLAIN["en"].format(ORDER_ID) + text
    (found,) = findings(whole)
    assert (found.rule_id, found.severity, found.can_be_own) == ("number_not_in_ledger", "block", True)
    (marked,) = lint(whole, case=CASE, policy=the_policy(), locale="en", now=NOW, own=(found.mark,))
    assert (marked.severity, marked.own, marked.mark) == ("warn", True, found.mark)
    other = OwnWords(rule="number_not_in_ledger", words="1")
    assert lint(whole, case=CASE, policy=the_policy(), locale="en", now=NOW, own=(other,)) == (found,)


def test_nobody_can_answer_for_what_the_platform_forbids():
    text = PLAIN["en"].format(ORDER_ID) + "Here is a coupon."
    (found,) = findings(text)
    marked = lint(text, case=CASE, policy=the_policy(), locale="en", now=NOW, own=(found.mark,))
    assert marked == (found,)
    assert not found.can_be_own


def put_right(text: str, locale: str = "en") -> str:
    """*text* after every fix that the lint offers."""
    for finding in sorted(findings(text, case=CASES[locale], locale=locale), key=lambda one: -one.span[0]):
        text = fixed(text, finding)
    return text


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("what", CODES)
def test_the_fix_is_what_the_ledger_has(what: str, locale: str):
    _, wrong = NOTATIONS[locale][what]
    whole = PLAIN[locale].format(ORDER_ID) + wrong
    assert findings(put_right(whole, locale), case=CASES[locale], locale=locale) == ()


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("see http://www.amazon.com/x", "see https://www.amazon.com/x"),
        ("see https://shop.example.com/x now", "see  now"),
        ("mail help@shop.example.com", "mail "),
        ("call 020 7946 0958", "call "),
        ("Sorry \U0001f622", "Sorry "),
        ("one\n\n\n\n\ntwo", "one\n\ntwo"),
        ("la\u200bmp", "lamp"),
        ("We will ship the lamps.", "We will ship the lamps by Tue 24 Nov 2026."),
        ("The refund will be submitted soon.", "The refund will be submitted soon by Tue 24 Nov 2026."),
        ("by Wed 24 Nov 2026", "by Tue 24 Nov 2026"),
        ("SKU-9 is on its way", "SKU-1 is on its way"),
        ("six units", "5 units"),
    ],
)
def test_what_is_known_to_be_right_is_offered(text: str, right: str):
    whole = PLAIN["en"].format(ORDER_ID)
    assert put_right(whole + text) == whole + right
    assert put_right(whole + right) == whole + right


def test_a_fix_that_is_not_known_changes_nothing():
    whole = PLAIN["en"].format(ORDER_ID) + "Here is a coupon."
    (finding,) = findings(whole)
    assert (finding.fix, fixed(whole, finding)) == (None, whole)


@pytest.mark.parametrize(
    ("locale", "right", "wrong"),
    [
        ("en", "by Tuesday, 24 November 2026", "by Monday, 24 November 2026"),
        ("de", "bis Dienstag, den 24. November 2026", "bis Montag, den 24. November 2026"),
        ("zh", "2026年11月24日（周二）前", "2026年11月24日（星期三）前"),
        ("ja", "2026年11月24日(火)まで", "2026年11月24日（水曜日）まで"),
        ("fr", "le mardi 24 novembre 2026", "le mercredi 24 novembre"),
        ("es", "el martes 24 de noviembre de 2026", "el lunes 24 de noviembre"),
        ("it", "entro martedì 24 novembre 2026", "entro lunedì 24 novembre"),
    ],
)
def test_the_day_of_the_week_belongs_to_the_date(locale: str, right: str, wrong: str):
    assert rules(right, locale=locale) == []
    assert rules(wrong, locale=locale) == ["weekday_wrong"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("SKU-1 and SKU-2, B0CMUG1234", []),
        ("SKU-7 is fine", ["sku_not_in_order"]),
        ("B0CMUG1235 is fine", ["sku_not_in_order"]),
        ("LANT-M20 is fine", ["sku_not_in_order"]),
        ("a well-known all-in-one USB-C lamp, up-to-date", []),
        ("on 2026-11-24 between 10:00-12:00", []),
    ],
)
def test_codes_of_products_are_those_of_the_order(text: str, found: list[str]):
    assert rules(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("We will ship the lamps by Tue 24 Nov 2026.", []),
        ("We will ship the lamps by Mon 23 Nov 2026.", ["promise_not_in_ledger"]),
        ("We will refund you £8.00 by Tue 24 Nov 2026.", []),
        ("We will send you a return label by Tue 24 Nov 2026.", ["promise_not_in_ledger"]),
    ],
)
def test_a_promise_stands_in_the_ledger(text: str, found: list[str]):
    assert rules(text) == found


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("de", "Wir werden die Ware bis 24. November 2026 versenden."),
        ("zh", "我们会在2026年11月24日前补发。"),
        ("ja", "2026年11月24日までに商品を発送いたします。"),
        ("fr", "Nous expédierons la lampe le 24 novembre 2026 ; nous l’enverrons le 24 novembre."),
        ("es", "Le enviaremos la lámpara el 24 de noviembre de 2026."),
        ("it", "Spediremo la lampada entro il 24 novembre 2026."),
    ],
)
def test_what_was_never_promised_is_found_in_every_language(locale: str, text: str):
    nothing = replace(CASES[locale], promises=())
    assert "promise_not_in_ledger" not in rules(text, locale=locale)
    assert "promise_not_in_ledger" in rules(text, locale=locale, case=nothing)


class TestAlteredLetters:
    """A letter whose words are those of the draft, and whose figures are not."""

    DRAFTED = draft(LetterKind.SOLUTION, CASE, policy=the_policy(), now=NOW)

    def found(self, old: str, new: str, times: int = 1) -> list[tuple[str, str | None]]:
        assert isinstance(self.DRAFTED, Letter)
        text = self.DRAFTED.text
        assert old in text
        edited = text.replace(old, new, times)
        found = lint(edited, case=CASE, policy=the_policy(), locale="en", now=NOW, drafted=self.DRAFTED.text)
        assert all(one.severity == "block" and one.rule_id == "altered_figure" for one in found)
        return [(edited[slice(*one.span)], one.fix) for one in found]

    def test_figures_that_the_ledger_has_elsewhere(self):
        assert self.found("3 x Desk", "10 x Desk") == [("10", "3")]
        assert self.found("£8.00", "£7.77") == [("7.77", "8.00")]
        assert self.found("Tue 24 Nov", "Wed 25 Nov") == [("Wed", "Tue"), ("25", "24")]

    def test_a_product_that_is_called_otherwise(self):
        assert self.found("Set of 20 mugs, 12 oz", "Set of 20 mugs, 11 oz") == [("11", "12")]

    def test_lines_in_another_order_and_lines_left_out_are_no_alteration(self):
        assert isinstance(self.DRAFTED, Letter)
        lines = self.DRAFTED.text.splitlines()
        listed = [line for line in lines if line.startswith("- ")]
        assert len(listed) == 2
        for edited in (
            self.DRAFTED.text.replace("\n".join(listed), "\n".join(reversed(listed))),
            self.DRAFTED.text.replace(listed[0] + "\n", ""),
        ):
            assert (
                lint(edited, case=CASE, policy=the_policy(), locale="en", now=NOW, drafted=self.DRAFTED.text)
                == ()
            )

    def test_of_lines_alike_the_nearest_is_meant(self):
        drafted = "- 3 x A by 24 Nov 2026\n- 5 x A by 24 Nov 2026\n"
        (one,) = altered_figures("- 5 x A by 25 Nov 2026\n", drafted, "en")
        assert (one.text, one.fix) == ("25", "24")
        assert [
            (one.text, one.fix) for one in altered_figures("- 5 x A by 24 Nov 2026\n" * 2, drafted, "en")
        ] == [("5", "3")]


def test_a_question_only_quotes_the_buyer():
    question = "\nYou mention 9 units of Desk lamp, but 10 were ordered. How many are affected?\n"
    found = findings(PLAIN["en"].format(ORDER_ID) + question)
    assert [(one.rule_id, one.severity) for one in found] == [("units_not_in_ledger", "warn")]
    ja = "\nランプは9点とのことですが、実際に問題があるのは何点でしょうか。\n"
    found = findings(PLAIN["ja"].format(ORDER_ID) + ja, case=CASES["ja"], locale="ja")
    assert [(one.rule_id, one.severity) for one in found] == [("units_not_in_ledger", "warn")]


def test_a_tracking_number_that_was_recorded_is_no_phone_number():
    ship = next(p for p in CASE.open_promises if p.kind is PromiseKind.SHIP_GOODS)
    sent = run(CASE, KeepPromise(ship.promise, "123456789012"))
    assert rules("It is 123456789012 with the carrier.", case=sent) == []
    assert "phone_number" in rules("It is 123456789012 with the carrier.")


def test_a_replacement_order_of_the_case_may_be_named():
    other = OrderId("204-1111111-2222222")
    order = an_order(replacement_orders=(other,))
    assert rules(f"Replacement {other}", case=a_locked_case(order)) == []
    assert rules(f"Replacement {other}") == ["other_order"]


def test_an_order_number_from_another_shop_counts_as_named():
    case = a_locked_case(an_order(order_id=OrderId("536488")))
    found = findings("Order 536488: we have sent the goods on 2026-11-23.", case=case, proactive=True)
    assert found == ()


@pytest.mark.parametrize("text", ["", " \n\t", "\u3000"])
def test_an_empty_message_is_blocked(text: str):
    assert [(one.rule_id, one.severity) for one in findings(text)] == [("empty", "block")]


def test_200000_characters_are_refused_at_once():
    started = time.perf_counter()
    assert [one.rule_id for one in findings("a1-" * 66_667)] == ["too_long"]
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize(
    "piece", ["1", "1 ", "次の", "\n次の:", "a@", "(1", "<", "1.1.", "http://", "2026", "，1", "\u200b", "ß"]
)
def test_a_long_message_is_read_in_reasonable_time(piece: str):
    started = time.perf_counter()
    findings((piece * 20_000)[:19_999])
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize("char", ["\u200b", "\u202e", "\ufeff", "\x07", "\u2028", "\ud800", "\u00ad"])
def test_invisible_characters_are_blocked(char: str):
    (finding,) = findings(PLAIN["en"].format(ORDER_ID) + f"la{char}mp")
    assert (finding.rule_id, finding.severity) == ("invisible_characters", "block")
    assert rules("line\tand\r\nline") == []


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.parametrize("locale", LOCALES)
def test_another_language_than_the_buyers_is_a_warning(language: str, locale: str):
    found = findings(PLAIN[locale].format(ORDER_ID), case=CASES[language], locale=locale)
    assert [(one.rule_id, one.severity) for one in found] == (
        [] if language == locale else [("wrong_language", "warn")]
    )


def test_titles_in_the_marketplace_language_are_not_the_language_of_the_message():
    order = an_order(a_line(1, title="LEDデスクライト USBポート付き ホワイト"))
    case = replace(
        run(a_claimed_case(claim(3), order=order), choose(RemedyKind.REPLACEMENT), ConfirmPlan()),
        language="zh",
    )
    text = draft(LetterKind.SOLUTION, case, policy=the_policy(), now=NOW, locale="zh").text
    assert "デスクライト" in text
    assert lint(text, case=case, policy=the_policy(), locale="zh", now=NOW) == ()


def test_a_language_we_do_not_write_is_answered_in_english_and_the_agent_is_told():
    for language in ("nl", "und"):
        case = replace(CASE, language=language)
        (finding,) = findings(PLAIN["en"].format(ORDER_ID), case=case, locale=language)
        assert (finding.rule_id, finding.severity) == ("no_letters", "warn")
        assert "in English" in finding.why.en


@pytest.mark.parametrize(
    ("locale", "bad", "good"),
    [
        (
            "de",
            "Wir werden die Ware versenden.",
            "Wir werden die Ware versenden, und zwar bis 24. November 2026.",
        ),
        (
            "de",
            "Wir senden Ihnen eine neue Teekanne zu.",
            "Wir senden Ihnen bis 24. November 2026 eine neue Teekanne zu.",
        ),
        ("de", "Gern schicken wir Ihnen eine neue.", "Gern schicken wir Ihnen bis 24.11.2026 eine neue."),
        ("de", "Der Betrag wird erstattet.", "Der Betrag wird bis 24. November 2026 erstattet."),
        ("de", "Die Ware wird nachgeliefert.", "Die Ware wurde nachgeliefert."),
        ("zh", "我们会尽快退款。", "我们会退款，2026年11月24日前提交。"),
        ("de", "Gern schicken wir Ihnen eine neue.", "Bis 24. November 2026 schicken wir Ihnen eine neue."),
        ("ja", "商品を発送いたします。", "商品を発送いたします（2026年11月24日まで）。"),
        ("ja", "商品を発送いたします。", "商品を2026年11月24日までに発送いたします。"),
        (
            "fr",
            "Nous vous rembourserons bientôt.",
            "Nous vous rembourserons au plus tard le 24 novembre 2026.",
        ),
        ("fr", "Le remboursement sera émis.", "Le remboursement sera émis le mardi 24 novembre 2026."),
        ("fr", "Nous allons expédier la lampe.", "Nous avons expédié la lampe."),
        ("es", "Le enviaremos la lámpara.", "Le enviaremos la lámpara el 24 de noviembre de 2026."),
        ("es", "Vamos a reembolsar el importe.", "Vamos a reembolsar el importe el 24 de noviembre."),
        ("es", "El importe será reembolsado.", "El importe ha sido reembolsado."),
        ("it", "Spediremo la lampada.", "Spediremo la lampada entro martedì 24 novembre 2026."),
        ("it", "L’importo verrà rimborsato.", "L’importo verrà rimborsato entro il 24 novembre."),
        ("it", "Provvederemo a rimborsare l’importo.", "Abbiamo rimborsato l’importo."),
    ],
)
def test_a_promise_needs_a_date_in_every_language(locale: str, bad: str, good: str):
    assert rules(bad, locale=locale) == ["promise_without_date"]
    assert rules(good, locale=locale) == []


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("ja", "返送用ラベルを2026年11月24日までにお送りします。"),
        ("de", "Das Etikett schicken wir Ihnen bis 24. November 2026."),
    ],
)
def test_a_label_is_no_promised_goods_wherever_it_stands_in_the_sentence(locale: str, words: str):
    assert rules(words, locale=locale) == ["promise_not_in_ledger"]
    assert (
        rules(words.replace("返送用ラベル", "商品").replace("Das Etikett", "Die Ware"), locale=locale) == []
    )


def test_a_case_without_an_order_knows_only_dates():
    case = an_open_case()
    assert [one.rule_id for one in findings("We answer by Tue 24 Nov 2026.", case=case)] == []
    found = [one.rule_id for one in findings("3 units for £5, order 204-5512873-7719305", case=case)]
    assert sorted(found) == ["amount_not_in_ledger", "other_order", "units_not_in_ledger"]
    assert findings("We have sent 3 units", case=case, proactive=True)


def test_a_date_that_was_moved_may_be_named_with_the_old_one():
    later = NOW + timedelta(days=4)
    from playbook.steps.commands import ChangePromise

    ship = next(p for p in CASE.open_promises if p.kind is PromiseKind.SHIP_GOODS)
    case = run(CASE, ChangePromise(ship.promise, later, "no stock"), setting=a_setting())
    letter = draft(LetterKind.SUPERSEDED, case, policy=the_policy(), now=NOW)
    assert "Fri 27 Nov 2026 instead of Tue 24 Nov 2026" in letter.text
    assert findings(letter.text, case=case) == ()


@given(st.text(max_size=300))
def test_any_text_can_be_checked(text: str):
    for finding in findings(text):
        start, end = finding.span
        assert 0 <= start <= end <= len(text)
        assert finding.severity in {"block", "warn"}
        assert finding.why.en
        assert finding.why.zh_CN


def test_a_quick_look_for_the_words_of_a_rule_misses_none_that_the_pattern_finds():
    """Whatever letters they are written with that a pattern takes for the same."""
    written = {
        str.lower: 0,
        str.upper: 0,
        str.title: 0,
        lambda hint: hint.replace("i", "\u0130").replace("s", "\u017f").replace("k", "\u212a"): 0,
        lambda hint: hint.replace("i", "\u0131").replace(" ", "\u00a0").replace("'", "\u2019"): 0,
        lambda hint: f"\u03a3\u1e9e{hint}\ufb05": 0,
        lambda hint: hint[:-1]: 0,
    }
    for rule in the_policy().rows.message_rules:
        for hint in rule.hints:
            for write in written:
                plain = _plain(f"we {write(hint)} you")
                if _any_of(rule.hints).search(plain):
                    written[write] += 1
                    assert _names_any(plain, rule.hints)
    assert min(written.values()) > 0
