"""How well what a buyer says of himself fits the recipient of an order.

Search keys only lead to orders; what counts as evidence is decided here, on the recipient as he is kept
in the vault, because people mistype, shorten and swap names. Evidence says which part fits, never what it is.
"""

from collections.abc import Iterator

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA, JaroWinkler

from playbook.orderbook.query import EvidenceFact, Query
from playbook.store import PersonKey, Recipient
from playbook.store.keys import fold, likes, mail_key, mail_likes, mail_words, name_words, squeeze
from playbook.store.vault import PersonHint

SAME_NAME, LIKE_NAME, SAME_WORD, LIKE_WORD = 0.95, 0.8, 0.9, 0.7
LIKE_MAIL, LIKE_LOCAL, LIKE_CITY = 0.8, 0.7, 0.8
UNLIKE_NAME = 0.79
ONE_WORD = 0.7
"""A first name or a surname alone is shared by many: so much of the weight of a whole name."""
INITIALS = 0.3

LEADING = frozenset({"name", "name_like", "email", "email_like", "postcode", "city"})
"""Evidence that is enough to look at an order; of the other kinds it takes two."""


def hints(query: Query) -> list[PersonHint]:
    """What to look for in the personal search keys, with how much each hit is worth among candidates."""
    found: list[PersonHint] = []
    for word in sorted(name_words(query.name or "")):
        found.append(PersonHint(PersonKey.NAME, (word,), 2))
        found.append(PersonHint(PersonKey.NAME_LIKE, tuple(likes([word])), 3))
        found.append(PersonHint(PersonKey.EMAIL_WORD, (word,), 1))
    if mail := _typed_mail(query):
        found.append(PersonHint(PersonKey.EMAIL, (mail,), 3))
        found.append(PersonHint(PersonKey.EMAIL_LIKE, tuple(mail_likes(mail)), 3))
        found += [PersonHint(PersonKey.NAME, (word,), 1) for word in sorted(mail_words(mail))]
    if postcode := squeeze(query.postcode or ""):
        found.append(PersonHint(PersonKey.POSTCODE, (postcode,), 4))
    if city := fold(query.city or ""):
        found.append(PersonHint(PersonKey.CITY, (city,), 3))
    return [hint for hint in found if hint.values]


def compare(query: Query, recipient: Recipient) -> list[EvidenceFact]:
    """The evidence that *recipient* is the person of the query; empty when nothing leads to him."""
    facts = [*_name(query, recipient), *_mail(query, recipient)]
    codes = {fact.code for fact in facts}
    if not codes & {"email", "email_like"}:
        facts += _name_in_mail(query, recipient, by_initials=not codes)
    facts += _place(query, recipient)
    return facts if len(facts) > 1 or any(fact.code in LEADING for fact in facts) else []


def _name(query: Query, recipient: Recipient) -> Iterator[EvidenceFact]:
    given = name_words(query.name or "")
    known = [words for name in (recipient.name, recipient.buyer_name) if (words := name_words(name))]
    if not given or not known:
        return
    likeness, best_word, count = max((*_words_alike(given, words), len(words)) for words in known)
    strength = likeness * (ONE_WORD if min(len(given), count) == 1 else 1)
    if likeness >= SAME_NAME:
        yield EvidenceFact("name", strength=strength)
    elif likeness >= LIKE_NAME:
        yield EvidenceFact("name_like", strength=strength)
    elif best_word >= SAME_WORD:
        yield EvidenceFact("name_part", strength=strength)


def _words_alike(given: frozenset[str], known: frozenset[str]) -> tuple[float, float]:
    """How much of the given name is in the known one, and how well its best word fits, from 0 to 1.

    A long first name that two share makes the rest of their names no more alike.
    """
    best = {word: max(JaroWinkler.similarity(word, other) for other in known) for word in given}
    length = sum(map(len, given))
    whole = sum(best[word] * len(word) for word in given) / length
    together = fuzz.ratio("".join(sorted(given)), "".join(sorted(known))) / 100
    if len(given) <= len(known) and min(best.values()) < LIKE_WORD:
        whole = min(whole, UNLIKE_NAME)
    return max(whole, together), max(best.values())


def _typed_mail(query: Query) -> str:
    """The address of the query, also when its at-sign was forgotten."""
    typed = fold(query.email or "")
    return mail_key(typed) or (typed if "@" not in typed and "." in typed else "")


def _mail(query: Query, recipient: Recipient) -> Iterator[EvidenceFact]:
    given, known = _typed_mail(query), mail_key(recipient.email)
    if not given or not known:
        return
    if given == known:
        yield EvidenceFact("email")
    elif mail_likes(given) and mail_likes(known):
        likeness = OSA.normalized_similarity(given, known)
        if likeness >= LIKE_MAIL and _same_person(given, known):
            yield EvidenceFact("email_like", strength=likeness)


def _same_person(given: str, known: str) -> bool:
    """Whether what stands before the at-sign is alike too: one domain has many people."""
    if "@" not in given:
        return True
    one, other = given.partition("@")[0], known.partition("@")[0]
    return one == other or (
        max(len(one), len(other)) > 3 and OSA.normalized_similarity(one, other) >= LIKE_LOCAL
    )


def _name_in_mail(query: Query, recipient: Recipient, *, by_initials: bool) -> list[EvidenceFact]:
    """Names on one side in the address on the other, where the names themselves do not tell.

    People's addresses often hold their names, or the initials.
    """
    given = name_words(query.name or "")
    known = name_words(recipient.name) | name_words(recipient.buyer_name)
    theirs, ours = mail_key(recipient.email), _typed_mail(query)
    share = max(_share_in_mail(given, known, theirs), _share_in_mail(known, given, ours))
    if by_initials and not share and (_are_initials(given, theirs) or _are_initials(known, ours)):
        share = INITIALS
    return [EvidenceFact("name_in_email", strength=share)] if share else []


def _share_in_mail(name: frozenset[str], other: frozenset[str], mail: str) -> float:
    """How much of a name that is not in the *other* one an address holds, from 0 to 1 by letters."""
    held = mail_words(mail)
    new = [word for word in name if not _is_in(word, other) and _is_in(word, held)]
    return sum(map(len, new)) / sum(map(len, name)) if new else 0.0


def _is_in(word: str, words: frozenset[str]) -> bool:
    return any(JaroWinkler.similarity(word, other) >= SAME_WORD for other in words)


def _are_initials(name: frozenset[str], mail: str) -> bool:
    local = filter(str.isalpha, mail.partition("@")[0])
    return len(name) > 1 and sorted(word[0] for word in name) == sorted(local)


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
