package dev.lockstep.driver.report;

import java.util.Locale;
import java.util.Map;

/** Keys of files as words for people. */
final class Words {
  private static final Map<String, String> ABBREVIATIONS =
      Map.of("rmse", "RMSE", "mae", "MAE", "mse", "MSE", "r2", "R²", "auc", "AUC");

  private Words() {}

  /** As {@code macro F1} for {@code macroF1}, {@code RMSE} for {@code rmse}. */
  static String of(String key) {
    String abbreviation = ABBREVIATIONS.get(key);
    return abbreviation != null
        ? abbreviation
        : key.replaceAll("(?<=[a-z0-9])(?=[A-Z])", " ")
            .toLowerCase(Locale.ROOT)
            .replaceAll("\\bf1\\b", "F1");
  }

  /** The same with a capital at the start. */
  static String title(String key) {
    return sentence(of(key));
  }

  /** Text with a capital at the start. */
  static String sentence(String text) {
    return text.isEmpty()
        ? text
        : text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
  }
}
