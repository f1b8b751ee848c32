package dev.lockstep.trainer.model;

import dev.lockstep.trainer.fuzz.Corruption;
import dev.lockstep.trainer.fuzz.ReaderTrial;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tag;

/** Spoiled safetensors files are read or refused, in bounded time and memory. */
@Tag("fuzz")
class SafeTensorsFuzzTest {
  private static final List<byte[]> FILES =
      List.of(
          file(
              Tensor.ofFloats("0.weight", List.of(3, 4), new float[12]),
              Tensor.ofFloats("0.bias", List.of(3), new float[] {1, Float.NaN, -0f}),
              Tensor.ofLongs("1.num_batches_tracked", List.of(), new long[] {7})),
          file(Tensor.ofFloats("é\"\\", List.of(0, 5), new float[0])),
          file(),
          other(
              "{\"__metadata__\":{\"format\":\"pt\"},\"a\":{\"dtype\":\"F64\",\"shape\":[2],\"data_offsets\":[0,16]}}",
              16),
          other(
              "{\"a\":{\"dtype\":\"F32\",\"shape\":[1048576,1048576],\"data_offsets\":[0,4398046511104]}}",
              64),
          other(
              "{\"a\":{\"dtype\":\"I64\",\"shape\":[0,2147483647,2147483647],\"data_offsets\":[0,0]}}",
              0));

  private static final ReaderTrial TRIAL =
      new ReaderTrial(
          "safetensors",
          200,
          1 << 20,
          file -> SafeTensors.read(new ByteArrayInputStream(file), file.length, "a file"));

  private static byte[] file(Tensor... tensors) {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    try {
      SafeTensors.write(List.of(tensors), file);
    } catch (IOException impossible) {
      throw new IllegalStateException(impossible);
    }
    return file.toByteArray();
  }

  private static byte[] other(String header, int data) {
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    byte[] file = new byte[8 + text.length + data];
    file[0] = (byte) text.length;
    System.arraycopy(text, 0, file, 8, text.length);
    return file;
  }

  @Property(edgeCases = EdgeCasesMode.NONE)
  void spoiledFilesAreReadOrRefused(@ForAll("corruptions") Corruption corruption) {
    TRIAL.assertReadOrRefused(corruption.of(FILES));
  }

  @Provide
  Arbitrary<Corruption> corruptions() {
    return Corruption.any(FILES.size());
  }
}
