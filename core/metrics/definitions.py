"""What each number means, in one sentence, as pages and reports show it."""

from __future__ import annotations

from typing import Literal, NamedTuple


class Definition(NamedTuple):
    """``title`` for a heading, ``sentence`` for its explanation, ``better`` the direction to hope for."""

    title: str
    sentence: str
    better: Literal["higher", "lower"]


DEFINITIONS: dict[str, Definition] = {
    "accuracy": Definition("Accuracy", "Share of the compared rows whose prediction equals your label.", "higher"),
    "balanced_accuracy": Definition(
        "Balanced accuracy", "Recall of each label, averaged over the labels: rare labels count as much as common ones.", "higher"
    ),
    "f1_macro": Definition("F1, macro", "F1 of each label that occurs, averaged: rare labels count as much as common ones.", "higher"),
    "f1_micro": Definition("F1, micro", "F1 over all rows together; with one label a row it equals accuracy.", "higher"),
    "f1_weighted": Definition("F1, weighted", "F1 of each label, averaged by how often the label occurs in your column.", "higher"),
    "precision_macro": Definition(
        "Precision, macro", "Of the rows given a label, the share that has it; averaged over the labels that occur.", "higher"
    ),
    "recall_macro": Definition(
        "Recall, macro", "Of the rows that have a label, the share that was given it; averaged over the labels that occur.", "higher"
    ),
    "precision_micro": Definition(
        "Precision, micro", "Of all labels given, the share that is yours; with one label a row it equals accuracy.", "higher"
    ),
    "recall_micro": Definition(
        "Recall, micro", "Of all labels of yours, the share that was given; with one label a row it equals accuracy.", "higher"
    ),
    "precision_weighted": Definition(
        "Precision, weighted", "Precision of each label, averaged by how often the label occurs in your column.", "higher"
    ),
    "recall_weighted": Definition(
        "Recall, weighted",
        "Recall of each label, averaged by how often the label occurs in your column; with one label a row it equals accuracy.",
        "higher",
    ),
    "same_labels": Definition("Same labels", "Share of the compared rows that were given exactly your labels.", "higher"),
    "hamming_loss": Definition("Hamming loss", "Share of all yes-or-no decisions, one for each row and label, that are wrong.", "lower"),
    "jaccard": Definition(
        "Jaccard index", "Of all labels that a row has or was given, the share that it has and was given; averaged over the rows.", "higher"
    ),
    "f1_rows": Definition("F1, by row", "F1 of the labels of each row, averaged over the rows.", "higher"),
    "r2": Definition("R squared", "Part of the spread of your numbers that is explained: 1 is perfect, 0 is the mean.", "higher"),
    "mae": Definition("Mean absolute error", "By how much a prediction is off on the average, in the units of your column.", "lower"),
    "rmse": Definition("Root mean squared error", "As the mean absolute error, but large misses count more.", "lower"),
    "pearson": Definition("Pearson correlation", "Whether predictions rise and fall with your numbers: 1 is perfect.", "higher"),
    "spearman": Definition(
        "Spearman correlation", "Whether predictions put the rows in the order of your numbers: 1 is the same order.", "higher"
    ),
    "mcc": Definition(
        "Matthews (MCC)",
        "Matthews correlation of predictions and labels: 1 is perfect, 0 is no better than chance, -1 is the opposite.",
        "higher",
    ),
    "cohen_kappa": Definition(
        "Cohen's kappa",
        "Agreement beyond what two independent raters with these frequencies would reach by chance; 1 is perfect.",
        "higher",
    ),
    "log_loss": Definition(
        "Log loss",
        "Mean surprisal (natural logarithm) at your label, given the model's probabilities; being sure and wrong costs most.",
        "lower",
    ),
    "brier": Definition(
        "Brier score",
        "Mean squared distance of the probabilities from the truth: 0 to 1 with two labels, summed over the labels (0 to 2) with more.",
        "lower",
    ),
    "roc_auc": Definition(
        "ROC AUC",
        "Chance that a row with the label gets a higher probability than one without it: of the second label where there are two, "
        "averaged over the labels where there are more.",
        "higher",
    ),
    "average_precision": Definition(
        "Average precision",
        "Area under the precision-recall curve: of the second label where there are two, averaged over the labels where there are more.",
        "higher",
    ),
    "entity_f1": Definition(
        "Entity F1", "Balance of precision and recall of entities; one counts as right when its words and its type are yours.", "higher"
    ),
    "entity_precision": Definition("Entity precision", "Of the entities found, the share that is in your tags.", "higher"),
    "entity_recall": Definition("Entity recall", "Of the entities in your tags, the share that was found.", "higher"),
    "entity_f1_macro": Definition("Entity F1, macro", "Entity F1 of each type that occurs, averaged: rare types count as much.", "higher"),
    "entity_f1_type": Definition(
        "Entity F1, type", "As entity F1, but an entity counts as right when it shares a word with one of yours of the same type.", "higher"
    ),
    "entity_f1_exact": Definition("Entity F1, place", "As entity F1, but the type does not count, only the words.", "higher"),
    "exact_match": Definition(
        "Exact match", "Share of the answers that equal one of yours, case, punctuation and articles aside.", "higher"
    ),
    "answer_f1": Definition(
        "Answer F1",
        "Words that an answer shares with the closest of yours: balance of precision and recall, averaged over the rows.",
        "higher",
    ),
    "exact_match_answerable": Definition("Exact match, with answer", "Exact match over the rows that have an answer.", "higher"),
    "answer_f1_answerable": Definition("Answer F1, with answer", "Answer F1 over the rows that have an answer.", "higher"),
    "no_answer_accuracy": Definition("No-answer accuracy", "Of the rows without an answer, the share that was given none.", "higher"),
    "entity_f1_partial": Definition(
        "Entity F1, partial", "As entity F1 without the type; one that only shares a word with one of yours counts by half.", "higher"
    ),
    "rouge_1": Definition(
        "ROUGE-1", "Words that a text shares with yours (F1, mean over the rows); only Latin letters and digits count as words.", "higher"
    ),
    "rouge_2": Definition("ROUGE-2", "As ROUGE-1, for pairs of words that follow each other.", "higher"),
    "rouge_l": Definition("ROUGE-L", "As ROUGE-1, for the longest run of words in the same order, gaps allowed.", "higher"),
    "bleu": Definition(
        "BLEU", "Runs of one to four words that the texts share with yours, over all rows together: 0 to 100 (sacrebleu).", "higher"
    ),
    "chrf": Definition(
        "chrF", "Runs of one to six characters that the texts share with yours, over all rows together: 0 to 100 (sacrebleu).", "higher"
    ),
    "exact_text": Definition("Same text", "Share of the compared rows whose text is exactly yours, white space around it aside.", "higher"),
    "perplexity": Definition(
        "Perplexity",
        "Inverse of the probability that the model gives to the right tokens, on the geometric average: 1 is perfect.",
        "lower",
    ),
    "perplexity_before": Definition("Perplexity before", "Perplexity of the model that was tuned, on the same rows.", "lower"),
}
