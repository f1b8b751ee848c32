package dev.lockstep.driver.cluster.barrier;

import dev.lockstep.driver.cluster.wire.Envelope;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Tells a station where all shards and all stations are.
 *
 * @param self the receiver's number
 * @param hosts of all stations
 * @param ports of all stations; 0 where they need none
 * @param stationOfShard number of the station that holds each shard
 */
record RoutesMessage(
    int self, List<String> hosts, List<Integer> ports, List<Integer> stationOfShard) {
  private static final int TEXT_BYTES = 1024 + Integer.BYTES;

  /** {@link #stationOfShard} as an array. */
  int[] places() {
    int[] places = new int[stationOfShard.size()];
    for (int shard = 0; shard < places.length; shard++) {
      places[shard] = stationOfShard.get(shard);
    }
    return places;
  }

  /** The message. */
  ByteBuffer message(Envelope envelope) {
    ByteBuffer out =
        ByteBuffer.allocate(
            Envelope.BYTES
                + 3 * Integer.BYTES
                + hosts.size() * (TEXT_BYTES + Integer.BYTES)
                + stationOfShard.size() * Integer.BYTES);
    envelope.write(out);
    out.putInt(self).putInt(hosts.size());
    for (int station = 0; station < ports.size(); station++) {
      Registration.writeText(out, hosts.get(station));
      out.putInt(ports.get(station));
    }
    out.putInt(stationOfShard.size());
    for (int station : stationOfShard) {
      out.putInt(station);
    }
    return out.flip();
  }

  /** Reads what follows the envelope, in a run with this many shards. */
  static RoutesMessage read(ByteBuffer body, int shards) {
    MetricsFormat.requireLength(body, 2L * Integer.BYTES);
    int self = body.getInt();
    int stations = body.getInt();
    if (stations < 1 || stations > shards || self < 0 || self >= stations) {
      throw new IllegalArgumentException(
          "there cannot be a station " + self + " of " + stations + " for " + shards + " shards");
    }
    List<String> hosts = new ArrayList<>();
    List<Integer> ports = new ArrayList<>();
    for (int station = 0; station < stations; station++) {
      hosts.add(Registration.readText(body));
      MetricsFormat.requireLength(body, Integer.BYTES);
      ports.add(body.getInt());
    }
    List<Integer> places = Registration.readInts(body, shards);
    for (int place : places) {
      if (place < 0 || place >= stations) {
        throw new IllegalArgumentException("there is no station " + place);
      }
    }
    if (places.size() != shards) {
      throw new IllegalArgumentException(
          "places of " + places.size() + " shards came instead of " + shards);
    }
    return new RoutesMessage(self, hosts, ports, places);
  }
}
