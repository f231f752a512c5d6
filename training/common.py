"""The common words of control rooms: ``python -m training.common`` writes ``model/lexicon/common.txt``.

Words that some narratives of the training part by several writers hold. The speller leaves them alone, and reads slips
as the nearest of them.
"""

from collections import Counter, defaultdict

from model.classifier import language
from model.phrases import LEXICON
from model.spelling import COMMON
from training.corpus import NARRATIVES, read_corpus
from training.splits import read_splits

NARRATIVES_AT_LEAST, WRITERS_AT_LEAST = 4, 3


def common_words() -> list[str]:
    """The commonest first."""
    rows = read_splits().of(read_corpus([NARRATIVES]), "training")
    count: Counter[str] = Counter()
    writers: defaultdict[str, set[str]] = defaultdict(set)
    tokenise = language().tokenizer
    for row in rows:
        words = {token.lower_ for token in tokenise(row.text) if token.is_alpha and len(token) > 2}
        count.update(words)
        for word in words:
            writers[word].add(row.author)
    often = [w for w, n in count.items() if n >= NARRATIVES_AT_LEAST and len(writers[w]) >= WRITERS_AT_LEAST]
    return sorted(often, key=lambda word: (-count[word], word))


if __name__ == "__main__":
    (LEXICON / COMMON).write_text("\n".join(common_words()) + "\n", encoding="utf-8")
