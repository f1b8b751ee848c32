package dev.lockstep.driver.cluster.barrier;

import dev.lockstep.datasets.pack.Split;
import dev.lockstep.driver.cluster.ShardSum;
import dev.lockstep.driver.cluster.ShrunkCluster;
import dev.lockstep.driver.cluster.StepPlan;
import dev.lockstep.driver.cluster.wire.Envelope;
import dev.lockstep.driver.cluster.wire.Link;
import dev.lockstep.driver.cluster.wire.MessageKind;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.reduce.Contribution;
import dev.lockstep.trainer.reduce.Mergeable;
import dev.lockstep.trainer.reduce.MetricSums;
import dev.lockstep.trainer.reduce.ShardTree.Node;
import dev.lockstep.trainer.reduce.StatisticsSum;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.network.client.RpcResponseCallback;
import org.apache.spark.network.client.TransportClient;
import scala.reflect.ClassTag$;

/**
 * One start of the barrier stage: a Spark job whose tasks stay, seen from the driver. Lives until
 * it is stopped or something fails; then there may be another start, but never of this object.
 *
 * <p>The driver's thread asks for one piece of work at a time and waits; tasks, or the transport's
 * threads for them, bring what they found.
 */
final class BarrierStage {
  private static final long STOP_SECONDS = 10;
  private static final long CANCEL_SECONDS = 60;
  private static final long STATUS_SECONDS = 5;
  private static final int NAMED = 20;
  private static final long LOOK_MILLISECONDS = 5;

  /** A process with tasks. */
  private static final class Place {
    private final UUID id;
    private final String executor;
    private final String host;
    private final Link link;
    private int port;
    private boolean gone;

    private Place(UUID id, String executor, String host, Link link) {
      this.id = id;
      this.executor = executor;
      this.host = host;
      this.link = link;
    }

    @Override
    public String toString() {
      return "executor " + executor + " on " + host;
    }
  }

  private final JavaSparkContext spark;
  private final StageAddress address;
  private final RunFormats formats;
  private final BarrierSettings settings;
  private final int partitions;
  private final Thread job;
  private final String group;

  /** The tasks' station where they run in this process, else null. */
  private final DriverStation here;

  private final List<Place> places = new ArrayList<>();
  private final Place[] placeOfPartition;
  private final boolean[] registered;
  private final int[] placeOfShard;
  private List<Link> children = List.of();
  private List<Node> arrivals = List.of();

  private final ArrayDeque<ShardSum<?>> arrived = new ArrayDeque<>();
  private DriverRound<?> round;
  private boolean complete;
  private long sequence;
  private Throwable failure;
  private boolean ending;
  private double broadcastSeconds;

  /**
   * A stage that has not started.
   *
   * @param shards one element for each partition
   * @param task what runs in each
   * @param inProcess whether the tasks run in this process and use no network
   */
  BarrierStage(
      JavaSparkContext spark,
      ResidentShards shards,
      BarrierTask task,
      StageAddress address,
      RunFormats formats,
      BarrierSettings settings,
      boolean inProcess) {
    this.spark = spark;
    this.address = address;
    this.formats = formats;
    this.settings = settings;
    this.partitions = shards.getNumPartitions();
    this.placeOfPartition = new Place[partitions];
    this.registered = new boolean[partitions];
    this.placeOfShard = new int[formats.tree().shards()];
    Arrays.fill(placeOfShard, -1);
    this.here = inProcess ? new DriverStation(this, formats.contributions(), settings) : null;
    // Groups are shown by Spark's pages and event logs, so the run's token is not in it.
    this.group = "lockstep-barrier-" + UUID.randomUUID();
    JavaRDD<TaskShards> stage =
        shards
            .barrier()
            .mapPartitions(task, false, ClassTag$.MODULE$.<TaskShards>apply(TaskShards.class))
            .toJavaRDD();
    this.job = new Thread(() -> runJob(stage), "lockstep-barrier-job");
    job.setDaemon(true);
  }

  private void runJob(JavaRDD<TaskShards> stage) {
    Throwable end = null;
    try {
      spark.setJobGroup(group, "Lockstep's barrier stage", false);
      stage.count();
    } catch (Throwable thrown) {
      // Whatever it is, the driver's thread must hear of it; Spark's own is not declared.
      end = thrown;
    }
    synchronized (this) {
      if (!ending) {
        fail(
            end != null
                ? end
                : new IllegalStateException("the tasks of the barrier stage ended by themselves"));
      }
    }
  }

  /** Which start of the run's stage this is, from 1. */
  int generation() {
    return address.generation();
  }

  /** Starts the tasks and waits until all of them are at work. */
  void start() throws StageFailure, InterruptedException {
    if (here != null) {
      Stations.offer(address, here);
    }
    job.start();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(settings.startSeconds());
    synchronized (this) {
      while (missing(registered).length > 0) {
        requireIntact();
        if (!waitUntil(end)) {
          throw notStarted();
        }
      }
    }
    requireAllShards();
    if (here == null) {
      route(end);
    }
  }

  private LockstepException notStarted() {
    int[] missing = missing(registered);
    int slots = BarrierReplicas.slots(spark);
    boolean wasAtWork = generation() > 1;
    return new LockstepException(
        ErrorKind.RESOURCE,
        "After "
            + settings.startSeconds()
            + " s the barrier stage still waits for "
            + missing.length
            + " of its "
            + partitions
            + " tasks: partitions "
            + listed(missing)
            + ". The cluster has "
            + slots
            + " task slots; a barrier stage needs all its tasks at once, so another job may hold"
            + " the rest. Give it more time (spark.lockstep.barrier.startTimeout), more executors,"
            + " fewer partitions (training.shards), or use training.synchronizer: tree.",
        wasAtWork && slots > 0 ? new ShrunkCluster(slots, partitions) : null);
  }

  private void requireAllShards() {
    for (int shard = 0; shard < placeOfShard.length; shard++) {
      if (placeOfShard[shard] < 0) {
        throw new IllegalStateException("no task has shard " + shard);
      }
    }
  }

  /** Tells every station where the others are. */
  private void route(long end) throws StageFailure, InterruptedException {
    SumRoutes routes = new SumRoutes(formats.tree(), placeOfShard, places.size());
    if (!routes.direct()) {
      List<ByteBuffer> opened = askAll(end, place -> envelope(MessageKind.SERVE, 0).alone());
      for (int i = 0; i < opened.size(); i++) {
        places.get(i).port = opened.get(i).getInt();
      }
    }
    List<String> hosts = new ArrayList<>();
    List<Integer> ports = new ArrayList<>();
    for (Place place : places) {
      hosts.add(place.host);
      ports.add(place.port);
    }
    List<Integer> stations = new ArrayList<>();
    for (int station : placeOfShard) {
      stations.add(station);
    }
    askAll(
        end,
        place ->
            new RoutesMessage(place, hosts, ports, stations)
                .message(envelope(MessageKind.ROUTES, 0)));
    List<Link> below = new ArrayList<>();
    for (int child : routes.children(SumRoutes.DRIVER)) {
      below.add(places.get(child).link);
    }
    children = below;
    arrivals = routes.arrivals(SumRoutes.DRIVER);
  }

  private interface Question {
    ByteBuffer to(int place);
  }

  private List<ByteBuffer> askAll(long end, Question question)
      throws StageFailure, InterruptedException {
    List<CompletableFuture<ByteBuffer>> answers = new ArrayList<>();
    for (int place = 0; place < places.size(); place++) {
      answers.add(places.get(place).link.ask(question.to(place)));
    }
    List<ByteBuffer> results = new ArrayList<>();
    for (int place = 0; place < places.size(); place++) {
      try {
        long left = Math.max(0, end - System.nanoTime());
        results.add(answers.get(place).get(left, TimeUnit.NANOSECONDS));
      } catch (ExecutionException refusal) {
        throw new StageFailure(
            places.get(place) + " cannot take part: " + refusal.getCause().getMessage(),
            refusal.getCause());
      } catch (TimeoutException silence) {
        throw new StageFailure(
            places.get(place) + " did not find its place among the others in time", silence);
      }
    }
    return results;
  }

  /** A task of this process is at work. */
  synchronized void registerHere(int partition, List<Integer> shards) {
    register(partition, shards, null);
  }

  private synchronized void register(TransportClient from, Registration registration) {
    Place place = null;
    for (Place known : places) {
      if (known.id.equals(registration.station())) {
        place = known;
      }
    }
    if (place == null) {
      String name = "executor " + registration.executor() + " on " + registration.host();
      Link link =
          new Link(
              from,
              name,
              formats.messageBytes(settings.chunkFloats()),
              loss -> lost(name + " did not take a message: " + loss.getMessage(), loss));
      place = new Place(registration.station(), registration.executor(), registration.host(), link);
      places.add(place);
    }
    register(registration.partition(), registration.shards(), place);
  }

  private void register(int partition, List<Integer> shards, Place place) {
    if (partition < 0 || partition >= partitions || ending) {
      throw new IllegalArgumentException("nobody waits for partition " + partition);
    }
    if (registered[partition]) {
      IllegalStateException again =
          new IllegalStateException("partition " + partition + " was started twice");
      fail(again);
      throw again;
    }
    for (int shard : shards) {
      if (shard < 0 || shard >= placeOfShard.length || placeOfShard[shard] >= 0) {
        throw new IllegalArgumentException("shard " + shard + " has a place already, or is none");
      }
      placeOfShard[shard] = place == null ? 0 : places.indexOf(place);
    }
    placeOfPartition[partition] = place;
    registered[partition] = true;
    notifyAll();
  }

  /** The sum of all contributions to a step. */
  Contribution compute(ParameterVector parameters, StepPlan plan)
      throws StageFailure, InterruptedException {
    return perform(
        new Work.Step(++sequence, plan, parameters), parameters, formats.contributions(), false);
  }

  /** Metrics of a split. */
  MetricSums evaluate(ParameterVector parameters, Split split)
      throws StageFailure, InterruptedException {
    return perform(
        new Work.Evaluation(++sequence, split, parameters), parameters, formats.metrics(), true);
  }

  /** Seconds that it took to hand out the last parameters. */
  double broadcastSeconds() {
    return broadcastSeconds;
  }

  private <T extends Mergeable<T>> T perform(
      Work work, ParameterVector parameters, PieceFormat<T> format, boolean metrics)
      throws StageFailure, InterruptedException {
    DriverRound<T> current = new DriverRound<>(work.sequence(), formats, format, metrics, arrivals);
    synchronized (this) {
      requireIntact();
      round = current;
      complete = false;
    }
    long start = System.nanoTime();
    long handedOut;
    if (here != null) {
      here.post(work);
      handedOut = System.nanoTime();
      await(current);
    } else {
      send(work, parameters.length());
      await(current);
      handedOut = start;
      for (Link child : children) {
        handedOut = Math.max(handedOut, child.lastReceipt());
      }
    }
    broadcastSeconds = (handedOut - start) * 1e-9;
    return current.total();
  }

  private void send(Work work, int length) throws StageFailure, InterruptedException {
    Envelope envelope = envelope(MessageKind.PARAMETERS, work.sequence());
    try {
      for (int from = 0; from < length; from += settings.chunkFloats()) {
        int count = Math.min(settings.chunkFloats(), length - from);
        for (Link child : children) {
          ByteBuffer out = child.borrow(settings.stepSeconds());
          ParameterMessage.write(out, envelope, work, from, count);
          child.send(out);
        }
      }
    } catch (IOException lost) {
      throw new StageFailure(lost.getMessage(), lost);
    }
  }

  /** Adds what arrives until all of it is there. */
  @SuppressWarnings("unchecked") // A round of contributions gets contributions.
  private <T extends Mergeable<T>> void await(DriverRound<T> current)
      throws StageFailure, InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(settings.stepSeconds());
    while (true) {
      ShardSum<T> piece;
      synchronized (this) {
        while (true) {
          requireIntact();
          if (complete) {
            return;
          }
          piece = (ShardSum<T>) arrived.poll();
          if (piece != null) {
            break;
          }
          if (!waitUntil(end)) {
            break;
          }
        }
      }
      if (piece == null) {
        throw notFinished(current.sequence());
      }
      if (current.add(piece.node(), piece.sum())) {
        return;
      }
    }
  }

  /** Waits for a change, which may be another one; returns false when the time is over. */
  @SuppressWarnings("WaitNotInLoop") // The callers' loops look at what has changed.
  private boolean waitUntil(long end) throws InterruptedException {
    long left = end - System.nanoTime();
    if (left <= 0) {
      return false;
    }
    wait(left / 1_000_000 + 1);
    return true;
  }

  private void requireIntact() throws StageFailure {
    if (failure instanceof LockstepException known) {
      throw known;
    }
    if (failure != null) {
      throw new StageFailure(firstLine(failure), failure);
    }
  }

  /** Spark's message names what the task threw in its second line. */
  private static String firstLine(Throwable failure) {
    List<String> lines = String.valueOf(failure.getMessage()).lines().map(String::strip).toList();
    return String.join(" ", lines.subList(0, Math.min(2, lines.size())));
  }

  private LockstepException notFinished(long work) throws InterruptedException {
    boolean[] done = new boolean[partitions];
    List<String> silent = new ArrayList<>();
    if (here != null) {
      for (int partition = 0; partition < partitions; partition++) {
        done[partition] = here.hasFinished(partition, work);
      }
    } else {
      Arrays.fill(done, true);
      askStatus(work, done, silent);
    }
    StringBuilder text = new StringBuilder();
    text.append("After ").append(settings.stepSeconds()).append(" s ");
    int[] missing = missing(done);
    if (missing.length > 0) {
      text.append("the barrier stage still waits for partitions ").append(described(missing));
    } else {
      text.append("all partitions have answered, but their sum did not reach the driver");
    }
    if (!silent.isEmpty()) {
      text.append("; these do not answer at all: ").append(String.join(", ", silent));
    }
    text.append(". If a step may take this long, raise spark.lockstep.barrier.stepTimeout.");
    return new LockstepException(ErrorKind.RESOURCE, text.toString());
  }

  private void askStatus(long work, boolean[] done, List<String> silent)
      throws InterruptedException {
    List<CompletableFuture<ByteBuffer>> answers = new ArrayList<>();
    for (Place place : places) {
      answers.add(place.link.ask(envelope(MessageKind.STATUS, work).alone()));
    }
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(STATUS_SECONDS);
    for (int i = 0; i < answers.size(); i++) {
      Place place = places.get(i);
      try {
        long left = Math.max(0, end - System.nanoTime());
        ByteBuffer unfinished = answers.get(i).get(left, TimeUnit.NANOSECONDS);
        while (unfinished.remaining() >= Integer.BYTES) {
          int partition = unfinished.getInt();
          if (partition >= 0 && partition < partitions) {
            done[partition] = false;
          }
        }
      } catch (ExecutionException | TimeoutException silence) {
        silent.add(place.toString());
        for (int partition = 0; partition < partitions; partition++) {
          if (placeOfPartition[partition] == place) {
            done[partition] = false;
          }
        }
      }
    }
  }

  private static int[] missing(boolean[] there) {
    int[] missing = new int[there.length];
    int count = 0;
    for (int i = 0; i < there.length; i++) {
      if (!there[i]) {
        missing[count++] = i;
      }
    }
    return Arrays.copyOf(missing, count);
  }

  private static String listed(int[] numbers) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < Math.min(numbers.length, NAMED); i++) {
      text.append(i == 0 ? "" : ", ").append(numbers[i]);
    }
    return text.append(numbers.length > NAMED ? ", …" : "").toString();
  }

  private String described(int[] missing) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < Math.min(missing.length, NAMED); i++) {
      Place place = placeOfPartition[missing[i]];
      text.append(i == 0 ? "" : ", ").append(missing[i]);
      text.append(place == null ? "" : " (" + place + ")");
    }
    return text.append(missing.length > NAMED ? ", …" : "").toString();
  }

  /** Adds a piece of a task in this process. */
  @SuppressWarnings("unchecked") // A round of contributions gets contributions.
  <T extends Mergeable<T>> void add(long work, Node node, T piece) {
    if (((DriverRound<T>) round(work)).add(node, piece)) {
      synchronized (this) {
        complete = true;
        notifyAll();
      }
    }
  }

  private synchronized DriverRound<?> round(long work) {
    if (round == null || round.sequence() != work) {
      throw new IllegalArgumentException("nobody waits for work " + work);
    }
    return round;
  }

  /** Adds a task's part of statistics, and tells all tasks the total when it was the last. */
  void meet(long work, StatisticsMessage part) {
    StatisticsSum total = round(work).meet(part);
    if (total == null) {
      return;
    }
    if (here != null) {
      here.complete(work, part.point(), total);
      return;
    }
    StatisticsMessage answer =
        new StatisticsMessage(part.point(), Map.of(formats.tree().root(), total));
    for (Place place : places) {
      // A station that does not take it has lost its connection, which is noticed there.
      place.link.tell(answer.message(envelope(MessageKind.TOTAL, work)), refusal -> {});
    }
  }

  /** Takes a message of this start of the stage. */
  void receive(
      TransportClient from, Envelope envelope, ByteBuffer body, RpcResponseCallback answer) {
    switch (envelope.kind()) {
      case REGISTER -> register(from, Registration.read(body, formats.tree().shards()));
      case PIECE -> {
        ShardSum<?> piece = round(envelope.sequence()).receive(body);
        if (piece != null) {
          synchronized (this) {
            arrived.add(piece);
            notifyAll();
          }
        }
      }
      case STATISTICS -> meet(envelope.sequence(), StatisticsMessage.read(body));
      case FAILURE -> fail(FailureMessage.read(body));
      case PING -> {}
      default -> throw new IllegalArgumentException("the driver takes no " + envelope.kind());
    }
    answer.onSuccess(ByteBuffer.allocate(0));
  }

  /** A connection is gone. */
  synchronized void disconnected(TransportClient from) {
    for (Place place : places) {
      if (place.link.leadsAlong(from)) {
        place.gone = true;
        notifyAll();
        if (!ending) {
          fail(new IOException("the connection to " + place + " is gone"));
        }
      }
    }
  }

  private synchronized void lost(String message, Throwable cause) {
    if (!ending) {
      fail(new IOException(message, cause));
    }
  }

  /** Ends the waiting of the driver's thread; only the first failure counts. */
  synchronized void fail(Throwable reason) {
    if (failure == null) {
      failure = reason;
      notifyAll();
    }
  }

  private Envelope envelope(MessageKind kind, long work) {
    return address.envelope(kind, work);
  }

  /**
   * Ends the stage: lets the tasks end by themselves, else cancels the job, and waits for it, also
   * when interrupted.
   *
   * @param intact whether the tasks can be expected to listen
   */
  void stop(boolean intact) {
    List<Place> listeners;
    synchronized (this) {
      ending = true;
      listeners = new ArrayList<>(places);
    }
    if (here != null) {
      here.end();
    }
    for (Place place : listeners) {
      // One that does not listen is canceled with the job.
      place.link.tell(envelope(MessageKind.STOP, 0).alone(), refusal -> {});
    }
    boolean interrupted = intact && join(STOP_SECONDS);
    if (job.isAlive()) {
      spark.cancelJobGroup(group);
      interrupted |= join(STOP_SECONDS);
    }
    if (job.isAlive()) {
      // While Spark waits for slots there is no job that it could cancel, and nothing to wait for.
      job.interrupt();
      interrupted |= join(CANCEL_SECONDS);
    }
    interrupted |= awaitTasks(listeners);
    if (here != null) {
      here.leave();
    }
    for (Place place : listeners) {
      place.link.close();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Spark calls a job over while its canceled tasks are still at work on their last step. Waits
   * until they have ended, for a time; returns whether it was interrupted.
   */
  private boolean awaitTasks(List<Place> listeners) {
    boolean interrupted = false;
    long seconds = here != null ? CANCEL_SECONDS : STOP_SECONDS;
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    while (areAtWork(listeners) && System.nanoTime() < end) {
      try {
        Thread.sleep(LOOK_MILLISECONDS);
      } catch (InterruptedException interruption) {
        interrupted = true;
      }
    }
    return interrupted;
  }

  private synchronized boolean areAtWork(List<Place> listeners) {
    for (Place place : listeners) {
      if (!place.gone) {
        return true;
      }
    }
    return here != null && Stations.uses(here) > 1;
  }

  /**
   * Waits for the job's thread; returns whether the wait was interrupted, which does not end it.
   */
  private boolean join(long seconds) {
    boolean interrupted = false;
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    long left = end - System.nanoTime();
    while (job.isAlive() && left > 0) {
      try {
        job.join(left / 1_000_000 + 1);
      } catch (InterruptedException interruption) {
        interrupted = true;
      }
      left = end - System.nanoTime();
    }
    return interrupted;
  }
}
