"""How well what a buyer says of himself fits the recipient of an order.

Search keys only lead to orders; what counts as evidence is decided here, on the recipient as he is kept
in the vault, because people mistype, shorten and swap names. Evidence says which part fits, never what it is.
"""

from collections.abc import Iterator

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA, JaroWinkler

from playbook.orderbook.query import EvidenceFact, Query
from playbook.store import PersonKey, Recipient
from playbook.store.keys import fold, likes, mail_key, mail_likes, name_words, squeeze
from playbook.store.vault import PersonHint

SAME_NAME, LIKE_NAME, SAME_WORD = 0.95, 0.8, 0.9
LIKE_MAIL, LIKE_CITY = 0.8, 0.8

LEADING = frozenset({"name", "name_like", "email", "email_like", "postcode", "city"})
"""Evidence that is enough to look at an order; of the other kinds it takes two."""


def hints(query: Query) -> list[PersonHint]:
    """What to look for in the personal search keys, with how much each hit is worth among candidates."""
    found: list[PersonHint] = []
    for word in sorted(name_words(query.name or "")):
        found.append(PersonHint(PersonKey.NAME, (word,), 2))
        found.append(PersonHint(PersonKey.NAME_LIKE, tuple(likes([word])), 3))
    if mail := mail_key(query.email or ""):
        found.append(PersonHint(PersonKey.EMAIL, (mail,), 3))
        found.append(PersonHint(PersonKey.EMAIL_LIKE, tuple(mail_likes(mail)), 3))
    if postcode := squeeze(query.postcode or ""):
        found.append(PersonHint(PersonKey.POSTCODE, (postcode,), 4))
    if city := fold(query.city or ""):
        found.append(PersonHint(PersonKey.CITY, (city,), 3))
    return [hint for hint in found if hint.values]


def compare(query: Query, recipient: Recipient) -> list[EvidenceFact]:
    """The evidence that *recipient* is the person of the query; empty when nothing leads to him."""
    facts = [*_name(query, recipient), *_mail(query, recipient), *_place(query, recipient)]
    return facts if len(facts) > 1 or any(fact.code in LEADING for fact in facts) else []


def _name(query: Query, recipient: Recipient) -> Iterator[EvidenceFact]:
    given = name_words(query.name or "")
    known = [words for name in (recipient.name, recipient.buyer_name) if (words := name_words(name))]
    if not given or not known:
        return
    likeness, best_word = max(_words_alike(given, words) for words in known)
    if likeness >= SAME_NAME:
        yield EvidenceFact("name", strength=likeness)
    elif likeness >= LIKE_NAME:
        yield EvidenceFact("name_like", strength=likeness)
    elif best_word >= SAME_WORD:
        yield EvidenceFact("name_part", strength=likeness)


def _words_alike(given: frozenset[str], known: frozenset[str]) -> tuple[float, float]:
    """How much of the given name is in the known one, and how well its best word fits, from 0 to 1."""
    best = {word: max(JaroWinkler.similarity(word, other) for other in known) for word in given}
    length = sum(map(len, given))
    whole = sum(best[word] * len(word) for word in given) / length
    together = fuzz.ratio("".join(sorted(given)), "".join(sorted(known))) / 100
    return max(whole, together), max(best.values())


def _mail(query: Query, recipient: Recipient) -> Iterator[EvidenceFact]:
    given, known = mail_key(query.email or ""), mail_key(recipient.email)
    if not given or not known:
        return
    if given == known:
        yield EvidenceFact("email")
    elif mail_likes(given) and mail_likes(known):
        likeness = OSA.normalized_similarity(given, known)
        if likeness >= LIKE_MAIL:
            yield EvidenceFact("email_like", strength=likeness)


def _place(query: Query, recipient: Recipient) -> Iterator[EvidenceFact]:
    given, known = squeeze(query.postcode or ""), squeeze(recipient.postcode)
    if given and given == known:
        yield EvidenceFact("postcode")
    elif len(given) > 3 and known and OSA.distance(given, known) == 1:
        yield EvidenceFact("postcode_like")
    here, there = fold(query.city or ""), fold(recipient.city)
    if here and here == there:
        yield EvidenceFact("city")
    elif here and there and JaroWinkler.similarity(here, there) >= LIKE_CITY:
        yield EvidenceFact("city_like")
