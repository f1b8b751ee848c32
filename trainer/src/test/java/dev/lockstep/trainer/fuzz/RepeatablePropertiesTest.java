package dev.lockstep.trainer.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.lifecycle.AddLifecycleHook;
import net.jqwik.api.lifecycle.AroundPropertyHook;
import net.jqwik.api.lifecycle.PropertyExecutionResult;
import net.jqwik.api.lifecycle.PropertyExecutor;
import net.jqwik.api.lifecycle.PropertyLifecycleContext;

/** Every property gets the same inputs each time it runs. */
class RepeatablePropertiesTest {
  private static final List<Long> SEEN = new ArrayList<>();

  @Property(tries = 20, edgeCases = EdgeCasesMode.NONE)
  @AddLifecycleHook(Twice.class)
  void aPropertyThatRunsTwiceSeesTheSameInputsTwice(@ForAll long input) {
    SEEN.add(input);
  }

  /** Runs a property a second time and compares what it saw. */
  static final class Twice implements AroundPropertyHook {
    @Override
    public PropertyExecutionResult aroundProperty(
        PropertyLifecycleContext context, PropertyExecutor executor) {
      // Only the hook of the service has set it here.
      assertThat(context.attributes().seed()).isPresent();
      executor.execute();
      List<Long> first = List.copyOf(SEEN);
      SEEN.clear();
      PropertyExecutionResult second = executor.execute();
      assertThat(first).hasSize(20).doesNotHaveDuplicates();
      assertThat(SEEN).isEqualTo(first);
      return second;
    }

    @Override
    public int aroundPropertyProximity() {
      return 50;
    }
  }
}
