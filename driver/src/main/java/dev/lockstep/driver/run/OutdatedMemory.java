package dev.lockstep.driver.run;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lockstep.driver.checkpoint.RunIdentity;
import dev.lockstep.driver.checkpoint.StoredCheckpoint;
import dev.lockstep.driver.loop.TrainingState;
import java.util.ArrayList;
import java.util.List;

/**
 * What a checkpoint remembers and what no longer applies, because the configuration has changed
 * since: values of one metric say nothing about another, best weights are nobody's where early
 * stopping is off, and a rate that returns have lowered is not the one that was chosen anew.
 *
 * @param before the configuration of the checkpoint, every default written out
 * @param now the present one, likewise
 */
record OutdatedMemory(ObjectNode before, ObjectNode now) {
  private static final JsonPointer STOPPING = JsonPointer.compile("/training/earlyStopping");
  private static final JsonPointer SCHEDULE = JsonPointer.compile("/schedule");
  private static final JsonPointer RATE = JsonPointer.compile("/optimizer/learningRate");

  /**
   * Has the state of a checkpoint forget what no longer applies.
   *
   * @param now the run that goes on from it
   * @return what the user should know of that; empty where nothing was forgotten that counts
   */
  static List<String> forget(StoredCheckpoint checkpoint, RunIdentity now) {
    return new OutdatedMemory(checkpoint.identity().configuration(), now.configuration())
        .forget(checkpoint.state());
  }

  private List<String> forget(TrainingState state) {
    List<String> sentences = new ArrayList<>();
    if (differ(RATE) || differ(SCHEDULE)) {
      state.forgetReturns();
    }
    forgetPlateau(state, sentences);
    forgetStopping(state, sentences);
    return sentences;
  }

  private void forgetPlateau(TrainingState state, List<String> sentences) {
    if (!differ(SCHEDULE, "kind") && !differ(SCHEDULE, "metric")) {
      return;
    }
    if (!Double.isNaN(state.plateau().best())) {
      sentences.add(
          "Since schedule is another one, what was known of plateaus until step "
              + state.step()
              + " is forgotten, "
              + state.rateReductions()
              + " reductions of the learning rate included.");
    }
    state.forgetPlateau();
  }

  private void forgetStopping(TrainingState state, List<String> sentences) {
    if (!differ(STOPPING)) {
      return;
    }
    if (differ(STOPPING, "metric")) {
      state
          .bestWeights()
          .ifPresent(
              best ->
                  sentences.add(
                      "Since training.earlyStopping "
                          + (now.at(STOPPING).isObject()
                              ? "watches another metric, it begins anew behind step "
                              : "is off now, it has no say any more behind step ")
                          + state.step()
                          + ": the weights of epoch "
                          + best.epoch()
                          + ", the best until then, are forgotten."));
      state.forgetStopping();
    } else if (state.stoppedEarly()) {
      sentences.add(
          "Early stopping had ended the run after step "
              + state.step()
              + "; with another training.earlyStopping it goes on.");
      state.takeBackStop();
    }
  }

  private boolean differ(JsonPointer block) {
    return !before.at(block).equals(now.at(block));
  }

  private boolean differ(JsonPointer block, String key) {
    JsonNode then = before.at(block).path(key);
    return !then.equals(now.at(block).path(key));
  }
}
