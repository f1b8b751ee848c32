package dev.lockstep.datasets.pack;

import static org.assertj.core.api.Assertions.assertThat;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import dev.lockstep.trainer.replica.Examples;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.apache.spark.SparkEnv;
import org.apache.spark.serializer.SerializerInstance;
import org.junit.jupiter.api.Test;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;

class WireTest {
  private static Shard shard(int rows, int features, boolean weighted) {
    float[] values = new float[rows * features];
    for (int i = 0; i < values.length; i++) {
      values[i] = i * 0.5f - 3;
    }
    float[] targets = new float[rows];
    float[] weights = weighted ? new float[rows] : null;
    for (int row = 0; row < rows; row++) {
      targets[row] = row;
      if (weighted) {
        weights[row] = 1f / (row + 1);
      }
    }
    return new Shard(3, new Examples(features, 3, 1L << 33, values, targets, weights));
  }

  @Test
  void shardsComeBackAsTheyWere() {
    TestSpark.context();
    SerializerInstance serializer = SparkEnv.get().serializer().newInstance();
    ClassTag<Shard> tag = ClassTag$.MODULE$.apply(Shard.class);
    for (Shard shard :
        new Shard[] {
          shard(0, 4, false), shard(1, 1, true), shard(1000, 37, true), shard(7, 5000, false)
        }) {
      ByteBuffer bytes = serializer.serialize(shard, tag);
      Shard copy = serializer.deserialize(bytes, tag);
      assertThat(copy.number()).isEqualTo(3);
      assertThat(copy.examples().featureCount()).isEqualTo(shard.examples().featureCount());
      assertThat(copy.examples().firstIndex()).isEqualTo(3);
      assertThat(copy.examples().indexStride()).isEqualTo(1L << 33);
      assertThat(copy.examples().features()).isEqualTo(shard.examples().features());
      assertThat(copy.examples().targets()).isEqualTo(shard.examples().targets());
      assertThat(copy.examples().weights()).isEqualTo(shard.examples().weights());
    }
  }

  @Test
  void blocksAreRawLittleEndian() {
    Output output = new Output(1024);
    Shard shard =
        new Shard(1, new Examples(2, 1, 4, new float[] {1f, -2f}, new float[] {3f}, null));
    new ShardSerializer().write(new Kryo(), output, shard);
    byte[] bytes = output.toBytes();
    byte[] floats = Arrays.copyOfRange(bytes, bytes.length - 12, bytes.length);
    assertThat(floats).containsExactly(0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 0, 0, 0x40, 0x40);
    Shard copy = new ShardSerializer().read(new Kryo(), new Input(bytes), Shard.class);
    assertThat(copy.examples().features()).containsExactly(1f, -2f);
  }

  @Test
  void polynomialsOfPiecesMakeThePolynomialOfTheWhole() {
    long[] hashes = {5, 1L << 60, (1L << 61) - 2, 123456789, 0, 77};
    ScannedPiece whole = new ScannedPiece("f", 0, 0);
    ScannedPiece left = new ScannedPiece("f", 0, 0);
    ScannedPiece right = new ScannedPiece("f", 100, 0);
    BigInteger expected = BigInteger.ZERO;
    BigInteger prime = BigInteger.ONE.shiftLeft(61).subtract(BigInteger.ONE);
    for (int i = 0; i < hashes.length; i++) {
      whole.addRow(hashes[i]);
      (i < 2 ? left : right).addRow(hashes[i]);
      BigInteger power =
          BigInteger.valueOf(ScannedPiece.POINTS[0]).modPow(BigInteger.valueOf(i), prime);
      expected = expected.add(power.multiply(BigInteger.valueOf(hashes[i]))).mod(prime);
    }
    assertThat(whole.hash(0)).isEqualTo(expected.longValueExact());
    long joined =
        RowHash.add(
            left.hash(0),
            RowHash.multiply(RowHash.power(ScannedPiece.POINTS[0], 2), right.hash(0)));
    assertThat(joined).isEqualTo(whole.hash(0));
  }

  @Test
  void partitionsHoldContiguousShards() {
    for (int shards = 1; shards <= 12; shards++) {
      for (int partitions = 1; partitions <= 15; partitions++) {
        ShardGrid grid = new ShardGrid(shards, partitions);
        assertThat(grid.firstShard(partitions)).isEqualTo(shards);
        for (int shard = 0; shard < shards; shard++) {
          int partition = grid.partitionOf(shard);
          assertThat(shard)
              .isBetween(grid.firstShard(partition), grid.firstShard(partition + 1) - 1);
        }
      }
    }
  }
}
