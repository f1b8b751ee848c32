package dev.lockstep.driver.retraining;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lockstep.driver.config.RunConfiguration;
import dev.lockstep.driver.folder.RunFolder;
import dev.lockstep.driver.report.RunSummary;
import dev.lockstep.trainer.model.ModelArtifact;

/**
 * A model that was trained, before it is compared.
 *
 * @param run the folder of its training
 * @param summary what its training came to
 * @param model as it was read back
 * @param configuration that it was trained with, resolved
 * @param parent the version whose weights its training began with, or null
 * @param data that it was trained on
 * @param statistics of these, as JSON
 * @param facts what the decision is to tell of the way here
 */
record Challenger(
    RunFolder run,
    RunSummary summary,
    ModelArtifact model,
    RunConfiguration configuration,
    Integer parent,
    TrainedData data,
    String statistics,
    ObjectNode facts) {}
