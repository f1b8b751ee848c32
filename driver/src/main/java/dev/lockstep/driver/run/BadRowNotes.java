package dev.lockstep.driver.run;

import dev.lockstep.datasets.pack.BadRows;
import dev.lockstep.datasets.pack.PreparedData;
import dev.lockstep.datasets.source.BadRowSettings;
import dev.lockstep.driver.report.BadRowCounts;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a run tells of the rows that were left out of its data. */
final class BadRowNotes {
  private BadRowNotes() {}

  /** A sentence for each source that lost rows. */
  static List<String> sentences(PreparedData data) {
    List<String> sentences = new ArrayList<>();
    for (BadRows badRows : data.badRows()) {
      if (badRows.count() > 0) {
        sentences.add(badRows.describe() + " were left out; first: " + badRows.first().get(0));
      }
    }
    return sentences;
  }

  /** The counts for the summary. */
  static BadRowCounts counts(BadRowSettings settings, PreparedData data) {
    Map<String, BadRowCounts.Source> sources = new LinkedHashMap<>();
    for (BadRows badRows : data.badRows()) {
      Map<String, Long> byReason = new LinkedHashMap<>();
      badRows.byReason().forEach((reason, count) -> byReason.put(reason.key(), count));
      sources.put(
          badRows.split().key(),
          new BadRowCounts.Source(badRows.total(), badRows.count(), byReason));
    }
    return new BadRowCounts(settings.mode().key(), settings.maxFraction(), sources);
  }
}
