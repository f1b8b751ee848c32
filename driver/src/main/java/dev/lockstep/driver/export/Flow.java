package dev.lockstep.driver.export;

import dev.lockstep.trainer.layer.Shape;

/**
 * What flows from one node of the graph to the next.
 *
 * @param value name of the value in the graph
 * @param shape of one example, as the network has it
 * @param order how the value lies
 */
record Flow(String value, Shape shape, Order order) {
  /** Which dimensions a value has. */
  enum Order {
    /** [batch, height · width · channels], channels fastest: as the network's own rows. */
    ROWS,
    /** [batch, channels, height, width]: as ONNX's operators on images want it. */
    IMAGE
  }

  /** The result of an operator that changes neither shape nor order. */
  Flow to(String result) {
    return new Flow(result, shape, order);
  }
}
