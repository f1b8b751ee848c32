package dev.lockstep.driver.cluster.barrier;

import dev.lockstep.driver.cluster.ReplicaBlueprint;
import dev.lockstep.driver.cluster.ShardSum;
import dev.lockstep.driver.cluster.wire.Endpoint;
import dev.lockstep.driver.cluster.wire.Envelope;
import dev.lockstep.driver.cluster.wire.Link;
import dev.lockstep.driver.cluster.wire.MessageKind;
import dev.lockstep.driver.cluster.wire.Receiver;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.parameter.ParameterVector;
import dev.lockstep.trainer.reduce.Contribution;
import dev.lockstep.trainer.reduce.Mergeable;
import dev.lockstep.trainer.reduce.MetricSums;
import dev.lockstep.trainer.reduce.ShardTree.Node;
import dev.lockstep.trainer.reduce.StatisticsPoint;
import dev.lockstep.trainer.reduce.StatisticsSum;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskKilledException;
import org.apache.spark.network.client.RpcResponseCallback;
import org.apache.spark.network.client.TransportClient;

/**
 * The station of a process other than the driver's. One connection to the driver carries everything
 * between the two, in both directions; where there are too many stations for the driver, this one
 * also listens, takes pieces from others and passes parameters on.
 *
 * <p>Parameters are received once for all tasks here. Work follows on work: before the driver has
 * the whole sum of one, it does not begin the next, so what was received and sent for the last one
 * is free to be written again.
 */
final class ExecutorStation implements Station, Receiver {
  private static final long PING_SECONDS = 30;

  private final UUID id = UUID.randomUUID();
  private final StageAddress stage;
  private final RunFormats formats;
  private final BarrierSettings settings;
  private final Endpoint endpoint;
  private final String executor;
  private final String host;
  private final WorkBoard board = new WorkBoard();
  private final ExecutorService helper;
  private final Map<Integer, Long> finished = new ConcurrentHashMap<>();
  private final OpenExchanges exchanges = new OpenExchanges();
  private final ParameterVector parameters;
  private Link driver;

  private volatile Routes routes;
  private Round<?> round;
  private int parametersReceived;
  private Work receiving;

  /** Where this station is among the others. */
  private record Routes(
      List<SumRoutes.Exit> exits,
      List<Node> tops,
      List<Node> arrivals,
      Map<Integer, Link> links,
      List<Link> children) {}

  /** What comes together here for one piece of work. */
  private static final class Round<T extends Mergeable<T>> {
    private final long sequence;
    private final boolean metrics;
    private final PieceFormat<T> format;
    private final PieceSums<T> sums;
    private final PieceInbox<T> inbox;

    private Round(
        long sequence,
        boolean metrics,
        PieceFormat<T> format,
        PieceSums<T> sums,
        PieceInbox<T> inbox) {
      this.sequence = sequence;
      this.metrics = metrics;
      this.format = format;
      this.sums = sums;
      this.inbox = inbox;
    }
  }

  private ExecutorStation(
      StageAddress stage, ReplicaBlueprint blueprint, BarrierSettings settings, SparkEnv env) {
    this.stage = stage;
    this.formats = RunFormats.of(blueprint);
    this.settings = settings;
    this.executor = env.executorId();
    this.host = env.blockManager().blockManagerId().host();
    this.parameters = new ParameterVector(new float[formats.parameters()]);
    this.helper = Executors.newSingleThreadExecutor(ExecutorStation::daemon);
    this.endpoint = new Endpoint(stage.run(), env.conf(), Endpoint.sparkSecret(env), this);
  }

  private static Thread daemon(Runnable work) {
    Thread thread = new Thread(work, "lockstep-station");
    thread.setDaemon(true);
    return thread;
  }

  /** A station that is connected to the driver. */
  static ExecutorStation connect(
      StageAddress stage, ReplicaBlueprint blueprint, BarrierSettings settings) {
    ExecutorStation station = new ExecutorStation(stage, blueprint, settings, SparkEnv.get());
    boolean connected = false;
    try {
      station.driver = station.link(stage.host(), stage.port(), "the driver at " + stage);
      connected = true;
      return station;
    } catch (IOException failure) {
      throw new IllegalStateException(
          "the driver at "
              + stage
              + " cannot be reached from executor "
              + station.executor
              + " on "
              + station.host
              + ": "
              + failure.getMessage(),
          failure);
    } catch (InterruptedException interruption) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while connecting to the driver", interruption);
    } finally {
      if (!connected) {
        station.close();
      }
    }
  }

  private Link link(String toHost, int port, String name) throws IOException, InterruptedException {
    return new Link(
        endpoint.connect(toHost, port),
        name,
        formats.messageBytes(settings.chunkFloats()),
        loss -> failed(name + " did not take a message: " + loss.getMessage(), loss));
  }

  @Override
  public void register(int partition, List<Integer> shards) throws InterruptedException {
    finished.put(partition, 0L);
    Registration registration = new Registration(id, partition, executor, host, shards);
    askDriver(
        registration.message(stage.envelope(MessageKind.REGISTER, 0)), settings.startSeconds());
  }

  private void askDriver(ByteBuffer message, long seconds) throws InterruptedException {
    try {
      driver.ask(message).get(seconds, TimeUnit.SECONDS);
    } catch (ExecutionException refusal) {
      throw new IllegalStateException(
          driver.name() + " refused: " + refusal.getCause().getMessage(), refusal.getCause());
    } catch (TimeoutException silence) {
      throw new IllegalStateException(
          driver.name() + " did not answer for " + seconds + " s", silence);
    }
  }

  @Override
  public Work await(long after, BooleanSupplier killed) throws InterruptedException {
    while (true) {
      Work work = board.await(after, killed, TimeUnit.SECONDS.toMillis(settings.stepSeconds()));
      if (work != null) {
        return work;
      }
      // Perhaps the driver has much to do between two steps.
      askDriver(stage.envelope(MessageKind.PING, 0).alone(), PING_SECONDS);
    }
  }

  @Override
  public void add(Work.Step work, Node node, Contribution piece) throws InterruptedException {
    add(round(work.sequence(), false), node, piece);
  }

  @Override
  public void add(Work.Evaluation work, Node node, MetricSums piece) throws InterruptedException {
    add(round(work.sequence(), true), node, piece);
  }

  /** Adds a piece and sends what is complete then. */
  @SuppressWarnings("unchecked") // A round of contributions gets contributions.
  private <T extends Mergeable<T>> void add(Round<?> untyped, Node node, T piece)
      throws InterruptedException {
    Round<T> current = (Round<T>) untyped;
    int complete = current.sums.add(node, piece);
    if (complete == PieceSums.NONE) {
      return;
    }
    SumRoutes.Exit exit = routes.exits().get(complete);
    T sum = current.sums.sum(complete);
    Link link =
        exit.destination() == SumRoutes.DRIVER ? driver : routes.links().get(exit.destination());
    try {
      PieceMessage.send(
          link,
          stage.envelope(MessageKind.PIECE, current.sequence),
          current.format,
          current.metrics,
          exit.node(),
          sum,
          settings.chunkFloats(),
          settings.stepSeconds());
    } catch (IOException failure) {
      throw failed(failure.getMessage(), failure);
    }
    if (sum instanceof Contribution sent) {
      formats.contributions().recycle(sent);
    }
  }

  /** The round of the given work; new where this is the first that is heard of it. */
  private synchronized Round<?> round(long sequence, boolean metrics) {
    if (round == null || sequence == round.sequence + 1) {
      round =
          metrics
              ? newRound(sequence, true, formats.metrics())
              : newRound(sequence, false, formats.contributions());
    }
    if (sequence != round.sequence || metrics != round.metrics) {
      throw new IllegalArgumentException(
          "work " + sequence + " came while work " + round.sequence + " is done");
    }
    return round;
  }

  private <T extends Mergeable<T>> Round<T> newRound(
      long sequence, boolean metrics, PieceFormat<T> format) {
    Routes known = routes;
    if (known == null) {
      throw new IllegalArgumentException("work came before the routes");
    }
    PieceSums<T> sums =
        new PieceSums<>(
            formats.tree(),
            known.tops(),
            used -> {
              if (used instanceof Contribution contribution) {
                formats.contributions().recycle(contribution);
              }
            });
    return new Round<>(
        sequence, metrics, format, sums, new PieceInbox<>(format, metrics, known.arrivals()));
  }

  @Override
  public void finished(Work work, int partition) {
    finished.put(partition, work.sequence());
  }

  @Override
  public Contribution reclaim() {
    return formats.contributions().reclaim();
  }

  @Override
  public OpenExchanges exchanges() {
    return exchanges;
  }

  @Override
  public void meet(Work.Step work, StatisticsPoint point, Map<Node, StatisticsSum> pieces) {
    tell(
        new StatisticsMessage(point, pieces)
            .message(stage.envelope(MessageKind.STATISTICS, work.sequence())));
  }

  @Override
  public void report(LockstepException failure, int partition) {
    tell(FailureMessage.message(stage.envelope(MessageKind.FAILURE, 0), failure));
  }

  /** Sends a small message to the driver without waiting for its receipt. */
  private void tell(ByteBuffer message) {
    driver.tell(
        message, refusal -> failed(driver.name() + " refused: " + refusal.getMessage(), refusal));
  }

  /** Ends everything here with a failure. */
  private IllegalStateException failed(String message, Throwable cause) {
    IllegalStateException failure = new IllegalStateException(message, cause);
    board.fail(failure);
    exchanges.fail(failure);
    return failure;
  }

  @Override
  public boolean leave() {
    boolean last = Stations.leave(this);
    if (last) {
      close();
    }
    return last;
  }

  private void close() {
    helper.shutdownNow();
    endpoint.close();
  }

  @Override
  public void receive(
      TransportClient from, Envelope envelope, ByteBuffer body, RpcResponseCallback answer) {
    if (envelope.generation() != stage.generation()) {
      throw new IllegalArgumentException(
          "the message belongs to start "
              + envelope.generation()
              + " of the stage, not "
              + stage.generation());
    }
    switch (envelope.kind()) {
      case PARAMETERS -> receiveParameters(envelope.sequence(), body);
      case PIECE -> receivePiece(envelope.sequence(), body);
      case TOTAL -> receiveTotal(envelope.sequence(), body);
      case STOP -> stop();
      case PING -> {}
      case STATUS -> {
        answer.onSuccess(unfinished(envelope.sequence()));
        return;
      }
      case SERVE -> {
        helper.execute(() -> serve(answer));
        return;
      }
      case ROUTES -> {
        RoutesMessage message = RoutesMessage.read(body, formats.tree().shards());
        helper.execute(() -> route(message, answer));
        return;
      }
      default -> throw new IllegalArgumentException("a station takes no " + envelope.kind());
    }
    answer.onSuccess(ByteBuffer.allocate(0));
  }

  private void serve(RpcResponseCallback answer) {
    try {
      int port =
          endpoint.listen(
              host,
              settings.executorPort(),
              settings.portRetries(),
              formats.firstMessageBytes(settings.chunkFloats()));
      answer.onSuccess(ByteBuffer.allocate(Integer.BYTES).putInt(port).flip());
    } catch (IOException failure) {
      answer.onFailure(failure);
    }
  }

  private void route(RoutesMessage message, RpcResponseCallback answer) {
    SumRoutes all = new SumRoutes(formats.tree(), message.places(), message.ports().size());
    List<SumRoutes.Exit> exits = all.exits(message.self());
    List<Node> tops = new ArrayList<>();
    Map<Integer, Link> links = new HashMap<>();
    List<Link> children = new ArrayList<>();
    try {
      for (SumRoutes.Exit exit : exits) {
        tops.add(exit.node());
        connect(message, exit.destination(), links);
      }
      for (int child : all.children(message.self())) {
        children.add(connect(message, child, links));
      }
    } catch (IOException failure) {
      answer.onFailure(failure);
      return;
    } catch (InterruptedException interruption) {
      answer.onFailure(interruption);
      return;
    }
    routes = new Routes(exits, tops, all.arrivals(message.self()), links, children);
    answer.onSuccess(ByteBuffer.allocate(0));
  }

  private Link connect(RoutesMessage message, int station, Map<Integer, Link> links)
      throws IOException, InterruptedException {
    if (station == SumRoutes.DRIVER) {
      return driver;
    }
    Link known = links.get(station);
    if (known == null) {
      String toHost = message.hosts().get(station);
      int port = message.ports().get(station);
      String name = "the executor at " + toHost + ":" + port;
      known = link(toHost, port, name);
      // The first sum may be long in coming; the other side wants to know soon who this is.
      known.tell(
          stage.envelope(MessageKind.PING, 0).alone(),
          refusal -> failed(name + " refused: " + refusal.getMessage(), refusal));
      links.put(station, known);
    }
    return known;
  }

  /** Parts come one after another along one connection. */
  private synchronized void receiveParameters(long sequence, ByteBuffer body) {
    ParameterMessage part = ParameterMessage.read(body, parametersReceived, parameters.length());
    if (part.from() == 0) {
      receiving = part.work(sequence, parameters);
      round(sequence, receiving instanceof Work.Evaluation);
    } else if (receiving.sequence() != sequence) {
      throw new IllegalArgumentException("parameters of different work are mixed");
    }
    body.asFloatBuffer().get(parameters.values(), part.from(), part.count());
    parametersReceived += part.count();
    Work work = receiving;
    if (!routes.children().isEmpty()) {
      helper.execute(() -> forward(work, part));
    }
    if (parametersReceived == parameters.length()) {
      parametersReceived = 0;
      board.post(work);
    }
  }

  private void forward(Work work, ParameterMessage part) {
    Envelope envelope = stage.envelope(MessageKind.PARAMETERS, work.sequence());
    try {
      for (Link child : routes.children()) {
        ByteBuffer out = child.borrow(settings.stepSeconds());
        ParameterMessage.write(out, envelope, work, part.from(), part.count());
        child.send(out);
      }
    } catch (IOException failure) {
      failed(failure.getMessage(), failure);
    } catch (InterruptedException interruption) {
      // The station is being closed.
      Thread.currentThread().interrupt();
    }
  }

  private void receivePiece(long sequence, ByteBuffer body) {
    MetricsFormat.requireLength(body, Integer.BYTES);
    boolean metrics = body.getInt(body.position()) == 1;
    Round<?> current = round(sequence, metrics);
    ShardSum<?> whole = current.inbox.receive(body);
    if (whole != null) {
      // Adding takes time and sending may wait, which the transport's threads must not.
      helper.execute(() -> addArrived(current, whole));
    }
  }

  private void addArrived(Round<?> current, ShardSum<?> whole) {
    try {
      if (whole.sum() instanceof Contribution contribution) {
        add(current, whole.node(), contribution);
      } else {
        add(current, whole.node(), (MetricSums) whole.sum());
      }
    } catch (InterruptedException interruption) {
      // The station is being closed.
      Thread.currentThread().interrupt();
    } catch (RuntimeException failure) {
      failed("sums of other executors could not be added: " + failure.getMessage(), failure);
    }
  }

  private void receiveTotal(long work, ByteBuffer body) {
    StatisticsMessage message = StatisticsMessage.read(body);
    StatisticsSum total = message.pieces().get(formats.tree().root());
    if (total == null) {
      throw new IllegalArgumentException("the total of " + message.point() + " is missing");
    }
    exchanges.complete(work, message.point(), total);
  }

  private void stop() {
    board.post(Work.End.END);
    exchanges.fail(new TaskKilledException("the barrier stage has ended"));
  }

  private ByteBuffer unfinished(long sequence) {
    ByteBuffer partitions = ByteBuffer.allocate(finished.size() * Integer.BYTES);
    finished.forEach(
        (partition, last) -> {
          if (last < sequence && partitions.hasRemaining()) {
            partitions.putInt(partition);
          }
        });
    return partitions.flip();
  }

  @Override
  public void disconnected(TransportClient from) {
    Link toDriver = driver;
    if (toDriver != null && toDriver.leadsAlong(from) && !board.isOver()) {
      failed("the connection to " + toDriver.name() + " is gone", null);
    }
  }
}
