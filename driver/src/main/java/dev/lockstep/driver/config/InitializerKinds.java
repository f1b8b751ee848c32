package dev.lockstep.driver.config;

import static dev.lockstep.driver.config.KindTable.kind;
import static dev.lockstep.driver.config.KindTable.plain;

import dev.lockstep.trainer.parameter.Initializer;
import java.util.List;

/** The kinds of initializers. */
final class InitializerKinds {
  /** Standard deviation of {@code normal} where the configuration names none. */
  static final double DEFAULT_NORMAL_SCALE = 0.01;

  static final KindTable<Initializer> TABLE =
      new KindTable<>(
          List.of(),
          plain("zeros", Initializer.Zeros.class, new Initializer.Zeros()),
          kind(
              "normal",
              Initializer.Normal.class,
              block ->
                  new Initializer.Normal(
                      block.number("scale", NumberRange.POSITIVE, DEFAULT_NORMAL_SCALE)),
              (initializer, target) -> target.put("scale", initializer.scale())),
          plain("xavier", Initializer.Xavier.class, new Initializer.Xavier()),
          plain("xavierSum", Initializer.XavierSum.class, new Initializer.XavierSum()),
          plain("glorotNormal", Initializer.GlorotNormal.class, new Initializer.GlorotNormal()),
          plain("glorotUniform", Initializer.GlorotUniform.class, new Initializer.GlorotUniform()),
          plain("he", Initializer.He.class, new Initializer.He()),
          plain("heUniform", Initializer.HeUniform.class, new Initializer.HeUniform()));

  private InitializerKinds() {}
}
