package dev.lockstep.trainer.check;

import dev.lockstep.trainer.layer.Layer;
import dev.lockstep.trainer.layer.LayerSpec;
import dev.lockstep.trainer.layer.Shape;
import dev.lockstep.trainer.loss.LossSpec;
import dev.lockstep.trainer.network.Network;
import dev.lockstep.trainer.optimizer.Optimizer;
import dev.lockstep.trainer.optimizer.Regularization;
import dev.lockstep.trainer.optimizer.UpdateStep;
import dev.lockstep.trainer.optimizer.UpdateWorkspace;
import dev.lockstep.trainer.parallel.ThreadTeam;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.parameter.ParameterWindow;
import dev.lockstep.trainer.parameter.ParameterWindow.Role;
import dev.lockstep.trainer.random.Philox;
import dev.lockstep.trainer.random.Purpose;
import dev.lockstep.trainer.reduce.Contribution;
import dev.lockstep.trainer.replica.Examples;
import dev.lockstep.trainer.replica.Replica;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/**
 * Compares the gradient that training uses with finite differences of the objective of a {@link
 * ReferenceNetwork}, on one mini-batch, tensor by tensor. The objective is that of training: the
 * (weighted) mean loss plus l1·Σ|w| + (l2/2)·Σw², batch norm by the mini-batch's own statistics;
 * dropout is switched off, its layers keep everything.
 *
 * <pre>
 *   gradapprox = (J(θ+ε) - J(θ-ε))/(2ε),  ε = 1e-7·scale,  scale = 10·max(1, |θ|)
 *   difference = ‖grad - gradapprox‖₂/(‖grad‖₂ + ‖gradapprox‖₂)
 * </pre>
 *
 * At this ε the rounding of J in float64, about 1e-16·J/ε, and the next term of the expansion,
 * about ε²·J''', are both far below what float32 leaves in the gradient. Of a tensor with more than
 * {@link #SAMPLES} elements that many are compared, drawn by (seed, tensor). Half of those of an
 * embedding's table are of levels that occur in the mini-batch, as far as there are so many: the
 * loss has no gradient at the others.
 *
 * <p><b>Kinks.</b> relu, maxPool and |w| have points without a derivative. Where one lies between
 * θ-ε and θ+ε, the two-sided difference means nothing, and rounding in float32 may even put the
 * network on the other side of it. Such an element is known from the reference alone: the slopes on
 * its two sides, (J(θ+h) - J(θ))/h and (J(θ) - J(θ-h))/h, differ noticeably against the tensor's
 * gradient, and the difference does not shrink in proportion to h for h = ε, ε/2, ε/4 as curvature
 * makes it. It is left out and counted.
 *
 * <p><b>Zero gradients.</b> Some gradients are 0 by the structure of the network, as a bias's
 * before batch norm: what is left is rounding, and its relative difference is near 1. A tensor
 * counts as zero where the norms of both of its gradients (of a sample: scaled up to the tensor)
 * are at most {@value #ZERO_SHARE} of the norm of the whole gradient. No error above that share of
 * a step can hide there.
 *
 * <p>An element changes nothing in front of its layer, so the reference is run from that layer on,
 * with what a pass at θ put in front of it.
 *
 * <p>Immutable; a check uses the caller's thread and some of its own.
 */
public final class NetworkGradientCheck {
  /** Elements of a tensor that are compared at most. */
  public static final int SAMPLES = 200;

  /** Multiply-adds that {@link #affordableRows} lets a check cost: about a minute of one core. */
  public static final long AFFORDABLE_MULTIPLY_ADDS = 100_000_000_000L;

  // Fewer rows say little, and batch norm over two has next to no gradient.
  private static final int FEWEST_ROWS = 4;

  private static final double EPSILON = 1e-6;
  private static final double ZERO_SHARE = 1e-5;
  // Two slopes further apart than this share of the tensor's gradient would count in the result.
  private static final double SUSPICIOUS_SHARE = 2e-5;
  // The rounding of a slope, with room to spare, as a share of max(1, |J|).
  private static final double SLOPE_ROUNDING = 1e-8;
  // How far from one half and one quarter a shrinking difference of slopes may be.
  private static final double PROPORTION = 0.1;

  private final Network network;
  private final LossSpec loss;
  private final int classes;
  private final Regularization regularization;
  private final long seed;

  /** The gradient of a mini-batch at given parameters. */
  public interface Gradient {
    /** The mean gradient with the penalty's, [trainable]. */
    float[] of(ParameterVector parameters, Examples examples);
  }

  /**
   * A check of a network's gradient.
   *
   * @param trained the network; its dropout layers are replaced by ones that keep everything
   * @param loss the loss
   * @param classes number of classes, 0 for regression
   * @param regularization the penalty
   * @param seed where the samples come from
   */
  public NetworkGradientCheck(
      Network trained, LossSpec loss, int classes, Regularization regularization, long seed) {
    this.network = new Network(withoutDropout(trained.specs()), trained.inputShape());
    this.loss = loss;
    this.classes = classes;
    this.regularization = regularization;
    this.seed = seed;
  }

  private static List<LayerSpec> withoutDropout(List<LayerSpec> specs) {
    List<LayerSpec> kept = new ArrayList<>();
    for (LayerSpec spec : specs) {
      if (spec instanceof LayerSpec.Dropout) {
        kept.add(new LayerSpec.Dropout(1.0));
      } else if (spec instanceof LayerSpec.Residual block) {
        kept.add(new LayerSpec.Residual(withoutDropout(block.layers()), block.projection()));
      } else {
        kept.add(spec);
      }
    }
    return kept;
  }

  /**
   * How many rows a check can have at a cost of {@link #AFFORDABLE_MULTIPLY_ADDS}: at least {@value
   * #FEWEST_ROWS} unless {@code most} is less, at most {@code most}. Counted are the products with
   * weights in two passes for every element that is compared, each from the element's layer on; a
   * residual block's as if all of its convolutions had the block's input size.
   */
  public int affordableRows(int most) {
    int layers = network.layers().size();
    long[] weights = new long[layers];
    long[] compared = new long[layers];
    for (ParameterWindow window : network.layout().windows()) {
      int layer = layerOf(window);
      boolean isLookedUp = network.specs().get(layer) instanceof LayerSpec.Embedding;
      if (window.role() == Role.WEIGHT && !isLookedUp) {
        weights[layer] += window.length();
      }
      if (window.role().isTrainable()) {
        compared[layer] += Math.min(SAMPLES, window.length());
      }
    }
    double fromHere = 0.0;
    double perRow = 0.0;
    for (int layer = layers - 1; layer >= 0; layer--) {
      Layer computed = network.layers().get(layer);
      Shape size =
          network.specs().get(layer) instanceof LayerSpec.Residual
              ? computed.inputShape()
              : computed.outputShape();
      fromHere += (double) weights[layer] * size.height() * size.width();
      perRow += 2 * compared[layer] * fromHere;
    }
    int fewest = Math.min(most, FEWEST_ROWS);
    return (int) Math.max(fewest, Math.min(most, AFFORDABLE_MULTIPLY_ADDS / perRow));
  }

  /** The gradient that training takes, from the same code. */
  public float[] trainingGradient(ParameterVector parameters, Examples examples) {
    Replica replica = new Replica(network, loss.bind(classes), seed);
    Contribution contribution = replica.newContribution();
    int[] order = IntStream.range(0, examples.count()).toArray();
    replica.compute(parameters, examples, order, 0, order.length, 1, 1, contribution);
    new UpdateStep(
            network.layout(), regularization, Double.POSITIVE_INFINITY, new Optimizer.Sgd(1.0))
        .prepare(
            contribution, parameters, new UpdateWorkspace(network.layout(), ThreadTeam.ofCaller()));
    return contribution.gradient();
  }

  /** Checks the gradient that training takes. */
  public GradientReport check(ParameterVector parameters, Examples examples, int threads) {
    return check(parameters, examples, threads, this::trainingGradient);
  }

  /**
   * Checks a gradient.
   *
   * @param parameters the point, read
   * @param examples the mini-batch; at least one example weighs more than 0
   * @param threads how many work at it; the result is the same for any number
   * @param gradient what is checked
   */
  public GradientReport check(
      ParameterVector parameters, Examples examples, int threads, Gradient gradient) {
    float[] analytic = gradient.of(parameters, examples);
    List<ParameterWindow> windows =
        network.layout().windows().stream().filter(w -> w.role().isTrainable()).toList();
    List<int[]> samples = new ArrayList<>();
    int[] layers = new int[0];
    for (int tensor = 0; tensor < windows.size(); tensor++) {
      int[] sample = sample(windows.get(tensor), tensor, examples);
      samples.add(sample);
      int before = layers.length;
      layers = Arrays.copyOf(layers, before + sample.length);
      Arrays.fill(layers, before, layers.length, layerOf(windows.get(tensor)));
    }
    int[] elements = samples.stream().flatMapToInt(Arrays::stream).toArray();
    Slopes slopes = new Slopes(parameters, examples, elements, layers);
    slopes.compute(0, elements.length, threads, Slopes.Worker::measure);

    double whole = norm(analytic, IntStream.range(0, analytic.length).toArray());
    List<TensorCheck> tensors = new ArrayList<>();
    Sums all = new Sums();
    int first = 0;
    for (int tensor = 0; tensor < windows.size(); tensor++) {
      int end = first + samples.get(tensor).length;
      slopes.findKinks(first, end, threads);
      tensors.add(judge(windows.get(tensor), analytic, slopes, first, end, whole, all));
      first = end;
    }
    return new GradientReport(tensors, all.difference());
  }

  /** The layer of the network that a tensor is part of; its number begins the tensor's name. */
  private static int layerOf(ParameterWindow window) {
    return Integer.parseInt(window.name().substring(0, window.name().indexOf('.')));
  }

  /** Elements to look at, ascending: all, or a seeded draw without replacement. */
  private int[] sample(ParameterWindow window, int tensor, Examples examples) {
    int length = window.length();
    if (length <= SAMPLES) {
      return IntStream.range(window.offset(), window.end()).toArray();
    }
    Set<Integer> chosen = new TreeSet<>();
    if (network.specs().get(layerOf(window)) instanceof LayerSpec.Embedding embedding) {
      // The tables are the first tensors of the network.
      int[] used = usedElements(embedding, embedding.tables().get(tensor), examples);
      for (int place : draw(used.length, Math.min(used.length, SAMPLES / 2), tensor)) {
        chosen.add(used[place]);
      }
    }
    for (int element : draw(length, SAMPLES - chosen.size(), tensor)) {
      chosen.add(element);
    }
    return chosen.stream().mapToInt(element -> window.offset() + element).toArray();
  }

  /** Elements of a table that the examples look up, ascending. */
  private static int[] usedElements(
      LayerSpec.Embedding embedding, LayerSpec.Embedding.Table table, Examples examples) {
    Set<Integer> levels = new TreeSet<>();
    for (int row = 0; row < examples.count(); row++) {
      float level = examples.features()[row * examples.featureCount() + table.position()];
      if (level >= 0 && level < table.levels()) {
        levels.add((int) level);
      }
    }
    int dimension = embedding.dimension();
    return levels.stream()
        .flatMapToInt(level -> IntStream.range(level * dimension, (level + 1) * dimension))
        .toArray();
  }

  /**
   * {@code count} different numbers of 0 … length-1, by Floyd's algorithm: every subset is equally
   * likely.
   */
  private Set<Integer> draw(int length, int count, int tensor) {
    Set<Integer> chosen = new TreeSet<>();
    for (int last = length - count; last < length; last++) {
      double uniform = Philox.uniform(seed, Purpose.GRADIENT_CHECK, 0, 0, tensor, last);
      int drawn = (int) (uniform * (last + 1));
      if (!chosen.add(drawn)) {
        chosen.add(last);
      }
    }
    return chosen;
  }

  private static double norm(float[] values, int[] elements) {
    double squares = 0.0;
    for (int element : elements) {
      squares += (double) values[element] * values[element];
    }
    return Math.sqrt(squares);
  }

  private static TensorCheck judge(
      ParameterWindow window,
      float[] analytic,
      Slopes slopes,
      int first,
      int end,
      double whole,
      Sums all) {
    Sums sums = new Sums();
    for (int i = first; i < end; i++) {
      if (!slopes.kink[i]) {
        double found = analytic[slopes.elements[i]];
        sums.add(found, slopes.twoSided(i));
        all.add(found, slopes.twoSided(i));
      }
    }
    double difference = sums.difference();
    double scale = sums.count == 0 ? 0.0 : Math.sqrt((double) window.length() / sums.count);
    TensorCheck.Verdict verdict;
    if (sums.count == 0) {
      verdict = TensorCheck.Verdict.UNCHECKED;
    } else if (difference <= GradientCheck.THRESHOLD) {
      verdict = TensorCheck.Verdict.AGREES;
    } else if (Math.sqrt(Math.max(sums.first, sums.second)) * scale <= ZERO_SHARE * whole) {
      verdict = TensorCheck.Verdict.ZERO;
    } else {
      // Also where the difference is no number.
      verdict = TensorCheck.Verdict.DIFFERS;
    }
    return new TensorCheck(
        window.name(), window.length(), sums.count, end - first - sums.count, difference, verdict);
  }

  /** The parts of a difference. */
  private static final class Sums {
    private int count;
    private double apart;
    private double first;
    private double second;

    private void add(double gradient, double approximation) {
      count++;
      apart += (gradient - approximation) * (gradient - approximation);
      first += gradient * gradient;
      second += approximation * approximation;
    }

    private double difference() {
      double size = Math.sqrt(first) + Math.sqrt(second);
      return size == 0.0 ? 0.0 : Math.sqrt(apart) / size;
    }
  }

  /** Work on one element. */
  private interface Work {
    void on(Slopes.Worker worker, int i);
  }

  /** The objective around one point, along the axes of some elements. */
  private final class Slopes {
    private final double[] point;
    private final Examples examples;
    private final float[] weights;
    private final double weight;
    private final ReferenceNetwork reference;
    private final ReferenceNetwork.KeptPass kept;
    private final int[] elements;
    private final int[] layers;
    private final double[] above;
    private final double[] below;
    private final boolean[] kink;
    private final double here;

    private Slopes(ParameterVector parameters, Examples examples, int[] elements, int[] layers) {
      this.point = GradientCheck.widen(parameters.values());
      this.examples = examples;
      long[] indices = new long[examples.count()];
      this.weights = new float[examples.count()];
      for (int row = 0; row < weights.length; row++) {
        indices[row] = examples.index(row);
        weights[row] = examples.weight(row);
      }
      this.weight = ReferenceLoss.weight(loss, weights.length, examples.targets(), weights);
      this.reference =
          new ReferenceNetwork(network.specs(), network.inputShape(), network.layout());
      this.elements = elements;
      this.layers = layers;
      this.above = new double[elements.length];
      this.below = new double[elements.length];
      this.kink = new boolean[elements.length];
      double[] input = GradientCheck.widen(examples.features());
      this.kept = reference.trainAndKeep(point, input, examples.count(), seed, 1, indices);
      this.here = objective(point, kept.outputs());
    }

    private double objective(double[] parameters, double[] outputs) {
      int rows = examples.count();
      double sum = ReferenceLoss.sum(loss, outputs, rows, examples.targets(), weights);
      double penalty = 0.0;
      if (regularization.l1() != 0.0 || regularization.l2() != 0.0) {
        for (ParameterWindow window : network.layout().windows()) {
          if (window.role() == Role.WEIGHT) {
            for (int i = window.offset(); i < window.end(); i++) {
              double w = parameters[i];
              penalty += regularization.l1() * Math.abs(w) + regularization.l2() / 2 * w * w;
            }
          }
        }
      }
      return sum / weight + penalty;
    }

    private double epsilon(int i) {
      return EPSILON * Math.max(1.0, Math.abs(point[elements[i]]));
    }

    private double twoSided(int i) {
      return (above[i] + below[i]) / 2;
    }

    /** A thread with its own copy of the point. */
    private final class Worker {
      private final double[] copy = point.clone();

      private double slope(int i, double step) {
        int element = elements[i];
        copy[element] = point[element] + step;
        double there = objective(copy, reference.trainFrom(kept, layers[i], copy));
        copy[element] = point[element];
        return (there - here) / step;
      }

      private void measure(int i) {
        above[i] = slope(i, epsilon(i));
        below[i] = slope(i, -epsilon(i));
      }

      private void findKink(int i) {
        double apart = above[i] - below[i];
        double half = slope(i, epsilon(i) / 2) - slope(i, -epsilon(i) / 2);
        double quarter = slope(i, epsilon(i) / 4) - slope(i, -epsilon(i) / 4);
        boolean smooth =
            Math.abs(half - apart / 2) <= PROPORTION * Math.abs(apart)
                && Math.abs(quarter - apart / 4) <= PROPORTION * Math.abs(apart);
        kink[i] = !smooth;
      }
    }

    private void findKinks(int first, int end, int threads) {
      double squares = 0.0;
      for (int i = first; i < end; i++) {
        squares += twoSided(i) * twoSided(i);
      }
      double tolerance =
          Math.max(
              SUSPICIOUS_SHARE * Math.sqrt(squares),
              SLOPE_ROUNDING * Math.max(1.0, Math.abs(here)));
      compute(
          first,
          end,
          threads,
          (worker, i) -> {
            if (Math.abs(above[i] - below[i]) > tolerance) {
              worker.findKink(i);
            }
          });
    }

    /** Works on elements [first, end), which are independent of one another. */
    private void compute(int first, int end, int threads, Work work) {
      AtomicInteger next = new AtomicInteger(first);
      Callable<Void> drain =
          () -> {
            Worker worker = new Worker();
            for (int i = next.getAndIncrement(); i < end; i = next.getAndIncrement()) {
              work.on(worker, i);
            }
            return null;
          };
      ExecutorService pool = Executors.newFixedThreadPool(threads);
      try {
        for (Future<Void> done : pool.invokeAll(Collections.nCopies(threads, drain))) {
          done.get();
        }
      } catch (InterruptedException interruption) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted during the gradient check", interruption);
      } catch (ExecutionException failure) {
        throw new IllegalStateException("the gradient check failed", failure.getCause());
      } finally {
        pool.shutdownNow();
      }
    }
  }
}
