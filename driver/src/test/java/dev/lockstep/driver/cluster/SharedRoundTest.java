package dev.lockstep.driver.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.reduce.Contribution;
import dev.lockstep.trainer.reduce.MetricSums;
import dev.lockstep.trainer.reduce.Moments;
import dev.lockstep.trainer.reduce.ShardTree;
import dev.lockstep.trainer.reduce.ShardTree.Node;
import dev.lockstep.trainer.reduce.TreeSum;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SharedRoundTest {
  private static final ShardTree TWO = new ShardTree(2);

  private final List<Contribution> recycled = new ArrayList<>();
  private final SharedRound round =
      new SharedRound(1, new ParameterVector(new float[1]), TWO, recycled::add);

  private static Contribution of(float gradient) {
    MetricSums metrics = MetricSums.of(1, 1.0, 0.5, 0, 0.0, 0.0, new Moments(1), 0, new long[0]);
    return new Contribution(metrics, new float[] {gradient}, new Moments[0]);
  }

  private static TreeSum<Contribution> part(int shard, Contribution contribution) {
    TreeSum<Contribution> part = new TreeSum<>(TWO, merged -> {});
    part.add(Node.leaf(shard), contribution);
    return part;
  }

  @Test
  void partsAreAddedUpAndWhatWasAddedIsRecycled() {
    Contribution right = of(2);
    assertThat(round.deliver(1, part(1, right))).isTrue();
    assertThat(round.deliver(0, part(0, of(1)))).isTrue();
    assertThat(round.total().gradient()).containsExactly(3f);
    assertThat(recycled).containsExactly(right);
  }

  @Test
  void ofTwoAttemptsTheFirstCounts() {
    assertThat(round.deliver(0, part(0, of(1)))).isTrue();
    assertThat(round.deliver(0, part(0, of(1)))).isFalse();
    assertThat(round.deliver(1, part(1, of(2)))).isTrue();
    assertThat(round.total().gradient()).containsExactly(3f);
  }

  @Test
  void anAttemptLeftBehindIsRefusedAndChangesNothing() {
    round.deliver(0, part(0, of(1)));
    round.deliver(1, part(1, of(2)));
    Contribution total = round.total();
    assertThat(round.deliver(1, part(1, of(Float.NaN)))).isFalse();
    assertThat(total.gradient()).containsExactly(3f);
    round.end();
    assertThat(round.deliver(2, part(1, of(4)))).isFalse();
  }

  @Test
  void aPartThatCannotBeAddedEndsTheStep() {
    round.deliver(0, part(0, of(1)));
    TreeSum<Contribution> sameShard = part(0, of(2));
    assertThatThrownBy(() -> round.deliver(1, sameShard)).hasMessageContaining("twice");
    assertThatThrownBy(round::total)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("could not be added");
  }

  @Test
  void aRoundThatIsOverIsNotFound() {
    assertThatThrownBy(() -> SharedMemoryExchange.round(-1, 0)).hasMessageContaining("is over");
  }
}
