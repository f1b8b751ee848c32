package dev.lockstep.trainer.fuzz;

import net.jqwik.api.lifecycle.AroundPropertyHook;
import net.jqwik.api.lifecycle.PropagationMode;
import net.jqwik.api.lifecycle.PropertyExecutionResult;
import net.jqwik.api.lifecycle.PropertyExecutor;
import net.jqwik.api.lifecycle.PropertyLifecycleContext;

/**
 * Gives every property the same inputs whenever and wherever it runs, so that whether a build
 * passes depends on what is built. {@code -Dfuzz.seed=N} gives others; a failure found with them is
 * repeated with the same N. jqwik finds this hook as a service.
 */
public final class RepeatableProperties implements AroundPropertyHook {
  private static final String SEED = System.getProperty("lockstep.fuzz.seed", "0");

  @Override
  public PropertyExecutionResult aroundProperty(
      PropertyLifecycleContext context, PropertyExecutor executor) {
    if (context.attributes().seed().isEmpty()) {
      String property = context.targetMethod().toString() + SEED;
      context.attributes().setSeed(String.valueOf(property.hashCode()));
    }
    return executor.execute();
  }

  @Override
  public PropagationMode propagateTo() {
    return PropagationMode.ALL_DESCENDANTS;
  }
}
