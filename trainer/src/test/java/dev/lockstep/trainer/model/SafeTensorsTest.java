package dev.lockstep.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.parameter.ParameterWindow;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

class SafeTensorsTest {
  private static byte[] write(List<Tensor> tensors) {
    try {
      ByteArrayOutputStream output = new ByteArrayOutputStream();
      SafeTensors.write(tensors, output);
      return output.toByteArray();
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
  }

  private static List<Tensor> read(byte[] file) {
    try {
      return SafeTensors.read(new ByteArrayInputStream(file), file.length, "weights.safetensors");
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
  }

  /** A file with this header, blanks around it not added, and so many bytes of data. */
  private static byte[] file(String header, int dataBytes) {
    return file(header.getBytes(StandardCharsets.UTF_8), dataBytes);
  }

  private static byte[] file(byte[] header, int dataBytes) {
    return ByteBuffer.allocate(8 + header.length + dataBytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(header.length)
        .put(header)
        .array();
  }

  private static void assertSame(List<Tensor> actual, List<Tensor> expected) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < expected.size(); i++) {
      assertThat(actual.get(i).name()).isEqualTo(expected.get(i).name());
      assertThat(actual.get(i).shape()).isEqualTo(expected.get(i).shape());
      assertThat(actual.get(i).floats()).isEqualTo(expected.get(i).floats());
      assertThat(actual.get(i).longs()).isEqualTo(expected.get(i).longs());
    }
  }

  private static void assertBroken(byte[] file, String why) {
    assertThatThrownBy(() -> read(file))
        .isInstanceOfSatisfying(
            LockstepException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.DATA))
        .hasMessageContaining("weights.safetensors")
        .hasMessageContaining(why);
  }

  @Provide
  Arbitrary<List<Tensor>> tensors() {
    Arbitrary<String> names =
        Arbitraries.strings().all().ofMaxLength(12).filter(SafeTensorsTest::isWritable);
    Arbitrary<List<Integer>> shapes = Arbitraries.integers().between(0, 4).list().ofMaxSize(4);
    return Combinators.combine(names, shapes, Arbitraries.longs())
        .as(
            (name, shape, seed) -> {
              Random random = new Random(seed);
              int length = shape.stream().reduce(1, (a, b) -> a * b);
              if (shape.isEmpty() && seed % 2 == 0) {
                return Tensor.ofLongs(name, List.of(), new long[] {random.nextLong()});
              }
              float[] floats = new float[length];
              for (int i = 0; i < length; i++) {
                floats[i] = Float.intBitsToFloat(random.nextInt());
              }
              return Tensor.ofFloats(name, shape, floats);
            })
        .list()
        .uniqueElements(Tensor::name)
        .ofMaxSize(6);
  }

  /** Java texts with half a surrogate pair are not Unicode and have no bytes. */
  private static boolean isWritable(String name) {
    return StandardCharsets.UTF_8.newEncoder().canEncode(name) && !name.equals("__metadata__");
  }

  @Property(tries = 1000)
  void whatIsWrittenIsReadAgain(@ForAll("tensors") List<Tensor> tensors) {
    byte[] file = write(tensors);
    assertSame(read(file), tensors);
    assertThat(ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong() % 8)
        .as("data start aligned")
        .isZero();
  }

  @Example
  void largeTensorsCrossTheChunkBoundary() {
    float[] floats = new float[40_001];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = i * 0.5f;
    }
    List<Tensor> tensors =
        List.of(
            Tensor.ofFloats("a", List.of(40_001), floats),
            Tensor.ofLongs("b", List.of(9001), new Random(1).longs(9001).toArray()));
    assertSame(read(write(tensors)), tensors);
  }

  @Example
  void writtenBytesAreTheFormats() {
    byte[] file =
        write(
            List.of(
                Tensor.ofFloats("0.weight", List.of(1, 2), new float[] {1f, -2f}),
                Tensor.ofLongs("n", List.of(), new long[] {258})));
    String header =
        "{\"0.weight\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]},\"n\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[8,16]}}";
    String padded = header + " ".repeat((8 - header.length() % 8) % 8);
    byte[] expected = file(padded, 16);
    System.arraycopy(
        new byte[] {0, 0, (byte) 0x80, 0x3f, 0, 0, 0, (byte) 0xc0, 2, 1, 0, 0, 0, 0, 0, 0},
        0,
        expected,
        8 + padded.length(),
        16);
    assertThat(file).isEqualTo(expected);
  }

  @Example
  void emptyTensorsAndFilesAreValid() {
    List<Tensor> tensors =
        List.of(
            Tensor.ofFloats("none", List.of(0), new float[0]),
            Tensor.ofFloats("some", List.of(1), new float[] {1}),
            Tensor.ofFloats("no rows", List.of(0, 3), new float[0]));
    assertSame(read(write(tensors)), tensors);
    assertThat(read(write(List.of()))).isEmpty();
    assertThat(read(file("{}", 0))).isEmpty();
  }

  @Example
  void emptyTensorMayBeListedAfterOneThatStartsAtTheSamePlace() {
    byte[] file =
        file(
            "{\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"a\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}}",
            4);
    assertThat(read(file)).extracting(Tensor::name).containsExactly("a", "b");
  }

  @Example
  void namesThatNeedEscapingAreWrittenAsJson() {
    Tensor tensor = Tensor.ofFloats("a\"b\\c\n\u0001é𝄞", List.of(1), new float[] {1});
    byte[] file = write(List.of(tensor));
    assertThat(new String(file, StandardCharsets.UTF_8))
        .contains("{\"a\\\"b\\\\c\\u000a\\u0001é𝄞\":");
    assertSame(read(file), List.of(tensor));
  }

  @Example
  void doublesAreNarrowedAndMetadataIsSkipped() {
    String header =
        "{\"__metadata__\":{\"format\":\"pt\",\"a\\u0062\":\"\\\"\"},\"w\":{\"dtype\":\"F64\",\"shape\":[2],\"data_offsets\":[0,16]}}   ";
    byte[] file = file(header, 16);
    ByteBuffer.wrap(file)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putDouble(file.length - 16, 0.1)
        .putDouble(file.length - 8, -3.0);
    assertSame(read(file), List.of(Tensor.ofFloats("w", List.of(2), new float[] {0.1f, -3f})));
  }

  @Example
  void filesOfPyTorchAreRead() throws IOException {
    try (InputStream input =
        SafeTensorsTest.class.getResourceAsStream("/pytorch/expected.safetensors")) {
      byte[] file = input.readAllBytes();
      List<Tensor> tensors = read(file);
      assertThat(tensors)
          .extracting(Tensor::name)
          .containsExactly(
              "0.weight",
              "1.weight",
              "1.bias",
              "1.running_mean",
              "1.running_var",
              "1.num_batches_tracked",
              "3.weight",
              "4.weight",
              "4.bias",
              "4.running_mean",
              "4.running_var",
              "4.num_batches_tracked",
              "6.weight",
              "6.bias");
      assertThat(tensors.get(0).shape()).containsExactly(7, 6);
      assertThat(tensors.get(5).longs()).containsExactly(9);
      assertThat(tensors.get(5).shape()).isEmpty();
    }
  }

  @Example
  void truncatedFilesAreBroken() {
    byte[] file =
        write(
            List.of(
                Tensor.ofFloats("w", List.of(5), new float[5]),
                Tensor.ofLongs("n", List.of(), new long[] {1})));
    for (int length = 0; length < file.length; length++) {
      assertBroken(Arrays.copyOf(file, length), "not a valid safetensors file");
    }
    assertBroken(Arrays.copyOf(file, file.length + 1), "belong to none");
  }

  @Example
  void streamsShorterThanTheirFileClaimsAreBroken() {
    byte[] file = write(List.of(Tensor.ofFloats("w", List.of(5), new float[5])));
    assertThatThrownBy(
            () ->
                SafeTensors.read(
                    new ByteArrayInputStream(file, 0, file.length - 3), file.length, "w"))
        .isInstanceOf(LockstepException.class)
        .hasMessageContaining("ends before");
  }

  @Example
  void liesInTheHeaderAreBroken() {
    String w = "{\"w\":{\"dtype\":\"F32\",\"shape\":%s,\"data_offsets\":%s}}";
    assertBroken(file(w.formatted("[2]", "[0,12]"), 12), "needs 8 bytes, not 12");
    assertBroken(file(w.formatted("[2]", "[4,12]"), 12), "without gaps");
    assertBroken(file(w.formatted("[2]", "[0,8]"), 12), "4 bytes after the last tensor");
    assertBroken(file(w.formatted("[2]", "[8,0]"), 8), "claims bytes");
    assertBroken(file(w.formatted("[2]", "[0,16]"), 8), "claims bytes");
    assertBroken(file(w.formatted("[2147483648]", "[0,8]"), 8), "dimension of 2147483648");
    assertBroken(
        file(w.formatted("[2147483647,2147483647,2147483647]", "[0,8]"), 8),
        "more elements than an array holds");
    assertBroken(file(w.formatted("[4294967296,4294967296]", "[0,0]"), 0), "dimension");
    assertBroken(
        file(w.formatted("[0,2147483647,2147483647,2147483647]", "[0,8]"), 8), "needs 0 bytes");
    assertBroken(file(w.formatted("[-1]", "[0,8]"), 8), "whole number");
    assertBroken(file(w.formatted("[1.0]", "[0,4]"), 4), "expected");
    assertBroken(file(w.formatted("[1e0]", "[0,4]"), 4), "expected");
    assertBroken(file(w.formatted("[01]", "[0,4]"), 4), "expected");
    assertBroken(file(w.formatted("[\u0661]", "[0,4]"), 4), "whole number");
    assertBroken(file(w.formatted("[1]", "[0,9999999999999999999999]"), 4), "whole number");
    assertBroken(file(w.formatted("[1]", "[0,4,4]"), 4), "more than 2");
    assertBroken(file(w.formatted("[1]", "[0]"), 4), "two data_offsets");
    assertBroken(file(w.formatted("[" + "1,".repeat(16) + "1]", "[0,4]"), 4), "more than 16");
    assertBroken(file(w.formatted("[1]", "[0,4]").replace("F32", "BF16"), 4), "BF16");
    String two =
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":%s}}";
    assertBroken(file(two.formatted("[0,4]"), 8), "without gaps");
    assertBroken(file(two.formatted("[2,6]"), 8), "without gaps");
    assertBroken(file(two.formatted("[4,8]").replace("\"b\"", "\"a\""), 8), "listed twice");
  }

  @Example
  void hugeHeaderLengthsAreBroken() {
    for (long length :
        new long[] {
          -1, 0, 1, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 40, 100_000_001, Integer.MAX_VALUE, 3
        }) {
      byte[] file =
          ByteBuffer.allocate(10)
              .order(ByteOrder.LITTLE_ENDIAN)
              .putLong(length)
              .put((byte) '{')
              .put((byte) '}')
              .array();
      assertBroken(file, "header claims");
    }
  }

  @Example
  void textThatIsNotJsonIsBroken() {
    for (String header :
        new String[] {
          "",
          "  ",
          "[]",
          "null",
          "{",
          "}",
          "{}}",
          "{} x",
          "{,}",
          "{\"a\"}",
          "{\"a\":1}",
          "{\"a\":null}",
          "{\"a\":{}}",
          "{\"a\":{},}",
          "{'a':{}}",
          "{\"a\":{\"dtype\":\"F32\"}}",
          "{\"__metadata__\":{\"a\":1}}",
          "{\"__metadata__\":[]}",
          "{\"__metadata__\":{\"a\":{\"b\":\"c\"}}}",
          "{\"\\x\":{}}",
          "{\"\\u12\":{}}",
          "{\"\\u00g0\":{}}",
          "{\"\\uff11\uff11\":{}}",
          "{\"a\nb\":{}}",
          "[".repeat(50_000),
          "{\"a\":".repeat(50_000),
          "\"".repeat(99),
          "{\"a\":{\"dtype\":\"F32\",\"shape\":[1,],\"data_offsets\":[0,4]}}",
          "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"x\":1}}",
          "{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
        }) {
      assertBroken(file(header, 4), "not a valid safetensors file");
    }
  }

  @Example
  void controlCharactersAndBytesThatAreNotTextAreBroken() {
    String rest = "\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}";
    assertBroken(file("{\"a\nb" + rest, 4), "control character");
    byte[] header = ("{\"a?b" + rest).getBytes(StandardCharsets.UTF_8);
    header[3] = (byte) 0xff;
    assertBroken(file(header, 4), "UTF-8");
  }

  private static final byte[] INTACT =
      write(
          List.of(
              Tensor.ofFloats("0.weight", List.of(3, 2), new float[] {1, 2, 3, 4, 5, 6}),
              Tensor.ofFloats("0.bias", List.of(3), new float[3]),
              Tensor.ofLongs("1.num_batches_tracked", List.of(), new long[] {3})));

  /**
   * Reads a file that may be broken: it is either read or refused as data, and memory of the order
   * of the file's size is taken.
   */
  private static void assertReadOrRefused(byte[] file) {
    // What the first time allocates for classes that it loads is not the file's.
    readOrRefuse(file);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long thread = Thread.currentThread().getId();
    long before = threads.getThreadAllocatedBytes(thread);
    readOrRefuse(file);
    assertThat(threads.getThreadAllocatedBytes(thread) - before)
        .isLessThan(500_000 + 50L * file.length);
  }

  private static void readOrRefuse(byte[] file) {
    try {
      for (Tensor tensor : read(file)) {
        assertThat(tensor.bytes()).isLessThanOrEqualTo(file.length);
      }
    } catch (LockstepException refused) {
      assertThat(refused.kind()).isEqualTo(ErrorKind.DATA);
    }
  }

  @Property(tries = 5000)
  void flippedBytesNeverDoMoreThanFail(
      @ForAll @IntRange(min = 1, max = 4) int flips, @ForAll long seed) {
    byte[] file = INTACT.clone();
    Random random = new Random(seed);
    for (int flip = 0; flip < flips; flip++) {
      file[random.nextInt(file.length)] = (byte) random.nextInt(256);
    }
    assertReadOrRefused(file);
  }

  /** Digits are where the lies are: every digit of the header may become any other, or many. */
  @Property(tries = 5000)
  void changedNumbersNeverDoMoreThanFail(@ForAll long seed) {
    Random random = new Random(seed);
    int headerLength = (int) ByteBuffer.wrap(INTACT).order(ByteOrder.LITTLE_ENDIAN).getLong();
    StringBuilder header = new StringBuilder();
    for (char c : new String(INTACT, 8, headerLength, StandardCharsets.UTF_8).toCharArray()) {
      if (Character.isDigit(c) && random.nextInt(8) == 0) {
        header.append(
            List.of(
                    "0",
                    "7",
                    "-1",
                    "2147483647",
                    "2147483648",
                    "999999999999999999",
                    "",
                    "1e9",
                    "4,4")
                .get(random.nextInt(9)));
      } else {
        header.append(c);
      }
    }
    assertReadOrRefused(file(header.toString(), INTACT.length - 8 - headerLength));
  }

  @Property(tries = 3000)
  void headersOfJsonPiecesNeverDoMoreThanFail(
      @ForAll("jsonPieces") List<String> pieces,
      @ForAll @IntRange(min = 0, max = 32) int dataBytes) {
    assertReadOrRefused(file("{" + String.join("", pieces), dataBytes));
  }

  @Provide
  Arbitrary<List<String>> jsonPieces() {
    return Arbitraries.of(
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"a\"",
            "\"b\":",
            "\"dtype\":\"F32\"",
            "\"dtype\":\"I64\"",
            "\"shape\":[",
            "\"data_offsets\":[",
            "0",
            "4",
            "8",
            "2147483647",
            "999999999999999999",
            "-1",
            "1.5",
            "null",
            " ",
            "\\u0041",
            "\"__metadata__\":{",
            "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}")
        .list()
        .ofMaxSize(25);
  }

  @Property(tries = 2000)
  void randomBytesNeverDoMoreThanFail(@ForAll byte[] bytes) {
    assertReadOrRefused(bytes);
    assertReadOrRefused(file(bytes, 4));
  }

  /**
   * A small file that claims gigabytes must be refused before anything of that size is asked for.
   */
  @Example
  void claimsOfGigabytesAllocateNothing() {
    List<String> claims = new ArrayList<>();
    claims.add(
        "{\"w\":{\"dtype\":\"F32\",\"shape\":[2000000000],\"data_offsets\":[0,8000000000]}}");
    claims.add(
        "{\"w\":{\"dtype\":\"I64\",\"shape\":[40000,50000],\"data_offsets\":[0,16000000000]}}");
    for (String claim : claims) {
      byte[] file = file(claim, 16);
      assertReadOrRefused(file);
      assertBroken(file, "claims bytes");
    }
  }

  @Example
  void aWindowIsWrittenAsATensorOfItsOwn() {
    float[] vector = {9, 1, 2, 3, 4, 9};
    ParameterWindow window =
        new ParameterWindow("w", List.of(2, 2), 1, ParameterWindow.Role.WEIGHT);
    Tensor tensor = Tensor.ofWindow("v", window, vector);
    assertThat(tensor.floats()).containsExactly(1, 2, 3, 4);
    assertThat(tensor.length()).isEqualTo(4);
    assertThat(tensor.bytes()).isEqualTo(16);
    assertSame(
        read(write(List.of(tensor))),
        List.of(Tensor.ofFloats("v", List.of(2, 2), new float[] {1, 2, 3, 4})));
    vector[1] = -1;
    assertThat(tensor.floats()).containsExactly(-1, 2, 3, 4);
  }

  /** More bytes than an array, and an int, can count; no copy of them is ever in memory. */
  @Example
  void filesBeyondTwoGigabytesGoThrough() throws IOException {
    int length = 1 << 24;
    int count = 33;
    float[] vector = new float[length];
    Arrays.fill(vector, 0.25f);
    ParameterWindow window =
        new ParameterWindow("w", List.of(length), 0, ParameterWindow.Role.WEIGHT);
    List<Tensor> tensors = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      tensors.add(Tensor.ofWindow("w" + i, window, vector));
    }
    ByteArrayOutputStream start = new ByteArrayOutputStream();
    long[] size = new long[1];
    SafeTensors.write(
        tensors,
        new OutputStream() {
          @Override
          public void write(int b) {
            throw new AssertionError("a big file is not written byte by byte");
          }

          @Override
          public void write(byte[] bytes, int offset, int written) {
            if (size[0] < 1 << 16) {
              start.write(bytes, offset, written);
            }
            size[0] += written;
          }
        });
    int header = 8 + ByteBuffer.wrap(start.toByteArray()).order(ByteOrder.LITTLE_ENDIAN).getInt();
    assertThat(size[0]).isEqualTo(header + 4L * length * count).isGreaterThan(Integer.MAX_VALUE);

    List<String> names = new ArrayList<>();
    SafeTensors.read(
        new SequenceInputStream(
            new ByteArrayInputStream(start.toByteArray(), 0, header),
            new Repeating(new byte[] {0, 0, (byte) 0x80, 0x3e}, size[0] - header)),
        size[0],
        "weights.safetensors",
        tensor -> {
          names.add(tensor.name());
          assertThat(tensor.length()).isEqualTo(length);
          assertThat(tensor.floats()[length - 1]).isEqualTo(0.25f);
        });
    assertThat(names).hasSize(count).startsWith("w0", "w1").endsWith("w32");
  }

  /** So many bytes, always the same four. */
  private static final class Repeating extends InputStream {
    private final byte[] block = new byte[1 << 16];
    private final long size;
    private long position;

    Repeating(byte[] pattern, long size) {
      for (int i = 0; i < block.length; i++) {
        block[i] = pattern[i % pattern.length];
      }
      this.size = size;
    }

    @Override
    public int read() {
      return position == size ? -1 : block[(int) (position++ % block.length)] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) {
      int from = (int) (position % block.length);
      int count = (int) Math.min(Math.min(length, block.length - from), size - position);
      if (count == 0) {
        return length == 0 ? 0 : -1;
      }
      System.arraycopy(block, from, bytes, offset, count);
      position += count;
      return count;
    }
  }
}
