package dev.lockstep.driver.cluster.barrier;

import dev.lockstep.driver.cluster.ReplicaBlueprint;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;

/** The stations of this process, which its tasks meet at. */
final class Stations {
  /** Place of the one station that all tasks of a process share. */
  static final int SHARED = -1;

  private record Key(UUID run, int generation, int place) {}

  private static final Map<Key, Station> STATIONS = new HashMap<>();
  private static final Map<Station, Key> KEYS = new HashMap<>();
  private static final Map<Station, Integer> TASKS = new HashMap<>();

  private Stations() {}

  /** Lets the tasks of a stage find the driver in their own process. */
  static synchronized void offer(StageAddress stage, DriverStation station) {
    Key key = new Key(stage.run(), stage.generation(), SHARED);
    STATIONS.put(key, station);
    KEYS.put(station, key);
    TASKS.put(station, 1);
  }

  /**
   * The station of a task, which is connected to the driver where this is the first.
   *
   * @param place {@link #SHARED}, or a number for a station that only tasks of that place share
   */
  static synchronized Station join(
      StageAddress stage,
      int place,
      Supplier<ReplicaBlueprint> blueprint,
      BarrierSettings settings) {
    Key key = new Key(stage.run(), stage.generation(), place);
    Station station = STATIONS.get(key);
    if (station == null) {
      station = ExecutorStation.connect(stage, blueprint.get(), settings);
      STATIONS.put(key, station);
      KEYS.put(station, key);
    }
    TASKS.merge(station, 1, Integer::sum);
    return station;
  }

  /**
   * Ends one use of a station.
   *
   * @return whether it was the last
   */
  static synchronized boolean leave(Station station) {
    int left = TASKS.merge(station, -1, Integer::sum);
    if (left == 0) {
      TASKS.remove(station);
      STATIONS.remove(KEYS.remove(station));
    }
    return left == 0;
  }

  /** How many use a station. */
  static synchronized int uses(Station station) {
    return TASKS.getOrDefault(station, 0);
  }

  /** Number of stations in this process. */
  static synchronized int count() {
    return STATIONS.size();
  }
}
