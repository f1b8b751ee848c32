package dev.lockstep.driver.config;

import static dev.lockstep.driver.config.KindTable.kind;

import dev.lockstep.trainer.augment.Augmentation;
import java.util.ArrayList;
import java.util.List;

/** The kinds of data augmentation. */
final class AugmentationKinds {
  private static final NumberRange DEGREES =
      new NumberRange(0, false, 180, true, "a number above 0 and at most 180");

  static final KindTable<Augmentation> TABLE =
      new KindTable<>(
          List.of(),
          kind(
              "shift",
              Augmentation.Shift.class,
              block -> new Augmentation.Shift(block.requiredCount("pixels")),
              (shift, target) -> target.put("pixels", shift.pixels())),
          kind(
              "flip",
              Augmentation.Flip.class,
              block ->
                  new Augmentation.Flip(
                      block.flag("horizontal", Augmentation.Flip.DEFAULT_HORIZONTAL),
                      block.flag("vertical", Augmentation.Flip.DEFAULT_VERTICAL)),
              (flip, target) ->
                  target.put("horizontal", flip.horizontal()).put("vertical", flip.vertical())),
          kind(
              "rotate",
              Augmentation.Rotate.class,
              block -> new Augmentation.Rotate(block.requiredNumber("degrees", DEGREES, 1)),
              (rotate, target) -> target.put("degrees", rotate.degrees())),
          kind(
              "noise",
              Augmentation.Noise.class,
              block ->
                  new Augmentation.Noise(
                      block.requiredNumber("standardDeviation", NumberRange.POSITIVE, 1)),
              (noise, target) -> target.put("standardDeviation", noise.standardDeviation())));

  private AugmentationKinds() {}

  /** The list that {@code key} holds; absent means none. */
  static List<Augmentation> readList(Block block, String key) {
    List<Augmentation> list = new ArrayList<>();
    Value value = block.find(key);
    if (value == null) {
      return list;
    }
    Reading reading = block.reading();
    List<Value> items = reading.items(block.pathOf(key), value, "a list of augmentations");
    for (int i = 0; i < items.size(); i++) {
      String itemPath = block.pathOf(key) + "[" + i + "]";
      Augmentation augmentation =
          TABLE.read(reading, itemPath, reading.resolve(itemPath, items.get(i)), null);
      if (augmentation != null) {
        list.add(augmentation);
      }
    }
    return list;
  }
}
