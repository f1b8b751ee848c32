package dev.lockstep.datasets.source;

import dev.lockstep.trainer.error.LockstepException;

/** Which label of a CIFAR record counts. Stateless; safe on any thread. */
enum CifarLabels {
  /** CIFAR-10's only one. */
  TEN("CIFAR-10", 10, 1, 0),
  /** CIFAR-100's coarse one, which stands first. */
  TWENTY("CIFAR-100", 20, 2, 0),
  /** CIFAR-100's fine one, which stands second. */
  HUNDRED("CIFAR-100", 100, 2, 1);

  private final String dataSet;
  private final int classes;
  private final int bytes;
  private final int place;

  CifarLabels(String dataSet, int classes, int bytes, int place) {
    this.dataSet = dataSet;
    this.classes = classes;
    this.bytes = bytes;
    this.place = place;
  }

  /** The label with so many classes. */
  static CifarLabels of(int classes) {
    for (CifarLabels labels : values()) {
      if (labels.classes == classes) {
        return labels;
      }
    }
    throw LockstepException.usage(
        "data.classes is "
            + classes
            + "; it must be 10 (CIFAR-10), 100 (CIFAR-100's fine labels) or 20 (its coarse ones).");
  }

  /** The data set that has it. */
  String dataSet() {
    return dataSet;
  }

  /** How many classes there are. */
  int classes() {
    return classes;
  }

  /** Bytes of labels in a record, before the image. */
  int bytes() {
    return bytes;
  }

  /** The label in a record. */
  int label(byte[] record) {
    return record[place] & 0xFF;
  }

  /** What is wrong with the label in a record, or null. */
  RowProblem problem(byte[] record) {
    int label = label(record);
    return label < classes
        ? null
        : new RowProblem(
            RowProblem.Reason.UNKNOWN_LABEL,
            GeneratedSource.LABEL,
            Integer.toString(label),
            "the label is "
                + label
                + ", and "
                + dataSet
                + (bytes == 1
                    ? " has"
                    : place == 0 ? "'s coarse labels have" : "'s fine labels have")
                + " the classes 0 to "
                + (classes - 1)
                + ".",
            "The file is damaged or another one: fetch it again.");
  }
}
