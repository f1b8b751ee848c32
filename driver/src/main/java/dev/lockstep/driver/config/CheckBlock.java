package dev.lockstep.driver.config;

/** The {@code retraining.checks} block: reads it. */
final class CheckBlock {
  private CheckBlock() {}

  static CheckSettings read(Block block) {
    block.finish();
    return CheckSettings.NONE;
  }
}
