"""Which features the shipped ranker sees, and the groups that --ablate leaves out."""

from danbooru_index.ranking import FEATURES

# What a corpus looks like, not what fits a query: more names or a definition, both true, would move a tag.
OF_THE_CORPUS = ("names", "defined")
SHIPPED = tuple(name for name in FEATURES if name not in OF_THE_CORPUS)
GROUPS = {
    "gaps to the best candidate": ("dense_gap", "cosine_gap", "spelling_gap", "skeleton_gap", "words_gap"),
    "similarity by kind of text": ("dense_tag", "dense_name", "dense_joined", "dense_definition"),
    "cosine of the characters": ("cosine", "cosine_gap"),
    "coverage": ("coverage",),
    "spelling": ("spelling", "spelling_gap"),
    "consonant skeleton": ("skeleton", "skeleton_gap"),
    "words and dictionary": ("words", "words_gap"),
    "ends of names": ("begins", "ends", "begins_whole", "ends_whole"),
    "hubness": ("hubness",),
    "letters, words, qualifier": ("tag_letters", "tag_words", "qualified"),
    "popularity": ("popularity",),
    "category": ("character", "copyright", "general"),
    "script and length of the query": ("query_kana", "query_latin", "query_length"),
}
