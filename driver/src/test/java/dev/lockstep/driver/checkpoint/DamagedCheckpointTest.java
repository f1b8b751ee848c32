package dev.lockstep.driver.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.driver.checkpoint.Search.Skipped;
import dev.lockstep.driver.folder.FileDigest;
import dev.lockstep.driver.folder.RunFolder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever happened to the files of the newest checkpoint, the one before it is taken and it is
 * told why.
 */
final class DamagedCheckpointTest {
  private static final String DAMAGED = "step-000000004";

  @TempDir private Path place;

  @BeforeEach
  void writeTwo() {
    States.write(store(), 2, 4);
  }

  private CheckpointStore store() {
    return States.store(RunFolder.at(place.toString(), new Configuration()), 3);
  }

  private Path file(String name) {
    return place.resolve("checkpoints").resolve(DAMAGED).resolve(name);
  }

  /** The older one is taken; the newer one is passed over, and this is why. */
  private String reason() {
    Search search = store().newestIntact();
    StoredCheckpoint found = search.found().orElseThrow();
    States.assertSame(found.state(), States.at(2));
    assertThat(search.skipped()).extracting(Skipped::name).containsExactly(DAMAGED);
    String reason = search.skipped().get(0).reason();
    assertThat(reason).endsWith(".").doesNotContain("Exception");
    return reason;
  }

  private void change(String name, String from, String to) throws IOException {
    String text = Files.readString(file(name));
    assertThat(text).contains(from);
    Files.writeString(file(name), text.replace(from, to));
  }

  /** Changes a file and makes the manifest agree with it. */
  private void forge(String name, byte[] content) throws IOException {
    Manifest manifest = Manifest.read(folder(), 4);
    var files = new TreeMap<>(manifest.files());
    try {
      String sha256 =
          HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
      files.put(name, new FileDigest(content.length, sha256));
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
    Files.write(file(name), content);
    Files.write(file("manifest.json"), new Manifest(4, files).toBytes());
  }

  private RunFolder folder() {
    return RunFolder.at(file("").toString(), new Configuration());
  }

  private void forge(String name, String from, String to) throws IOException {
    String text = Files.readString(file(name), StandardCharsets.ISO_8859_1);
    assertThat(text).contains(from);
    forge(name, text.replace(from, to).getBytes(StandardCharsets.ISO_8859_1));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "manifest.json",
        "parameters.safetensors",
        "optimizer.safetensors",
        "best.safetensors",
        "state.json"
      })
  void everyFileCountsInEveryByte(String name) throws IOException {
    byte[] whole = Files.readAllBytes(file(name));
    Random random = new Random(name.hashCode());
    for (int i = 0; i < 40; i++) {
      byte[] flipped = whole.clone();
      flipped[random.nextInt(whole.length)] ^= (byte) (1 << random.nextInt(8));
      Files.write(file(name), flipped);
      assertThat(reason()).contains(DAMAGED);
      // The line break at the end of a JSON text is the only byte it does not need.
      Files.write(file(name), Arrays.copyOf(whole, random.nextInt(whole.length - 1)));
      assertThat(reason()).contains(name);
    }
    Files.write(file(name), new byte[0]);
    assertThat(reason()).contains(name);
    Files.write(file(name), Arrays.copyOf(whole, whole.length + 1));
    assertThat(reason()).contains(name);
    Files.delete(file(name));
    assertThat(reason()).contains(name).contains("there is no such file");
    Files.createDirectory(file(name));
    assertThat(reason()).contains(name);
    Files.delete(file(name));

    Files.write(file(name), whole);
    States.assertSame(store().newestIntact().found().orElseThrow().state(), States.at(4));
  }

  @Test
  void aFileThatNobodyNamedIsNotLookedAt() throws IOException {
    Files.writeString(file("notes.txt"), "mine");
    Files.delete(place.resolve("checkpoints/step-000000002/best.safetensors"));
    assertThat(store().newestIntact().found().orElseThrow().step()).isEqualTo(4);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "best.safetensors     | ../../config.yaml    | 'files[0].name' must be one of",
        "best.safetensors     | /etc/passwd          | 'files[0].name' must be one of",
        "best.safetensors     | state.json           | 'files[3].name' must be one of",
        "best.safetensors     | manifest.json        | 'files[0].name' must be one of",
        "\"format\" : 1       | \"format\" : 2       | 'format' must be 1",
        "\"step\" : 4         | \"step\" : 2         | 'step' must be 4, as the folder's name says",
        "\"step\" : 4         | \"step\" : \"4\"     | 'step' must be a whole number from 0",
        "\"size\" : 6         | \"size\" : 96        | its manifest says",
        "\"size\" : 6         | \"size\" : -6        | 'files[0].size' must be a whole number",
        "\"size\" : 6         | \"size\" : 99999999999999999999995 | must be a whole number",
        "\"size\" : 6         | \"size\" : .6       | is not valid JSON near line",
        "\"sha256\" : \"      | \"sha256\" : \"zz    | 64 hexadecimal digits",
        "\"files\" :          | \"filed\" :          | unknown key 'filed'",
        "\"format\" : 1,      | \"format\" : 1, \"format\" : 1, | is not valid JSON",
      })
  void aManifestIsNotBelieved(String from, String to, String why) throws IOException {
    change("manifest.json", from, to);
    assertThat(reason()).contains(why);
  }

  @Test
  void aManifestMustNameWhatACheckpointNeeds() throws IOException {
    String text = Files.readString(file("manifest.json"));
    Files.writeString(file("manifest.json"), text.substring(0, text.indexOf('[')) + "[ ]\n}\n");
    assertThat(reason()).contains("'files' must be a list that has state.json");
    Files.writeString(file("manifest.json"), text.substring(0, text.indexOf('[')) + "[ 1 ]\n}\n");
    assertThat(reason()).contains("'files' must be a list of objects");
    Files.writeString(
        file("manifest.json"),
        text.substring(0, text.indexOf('[')) + "[" + "1,".repeat(999) + "1]}");
    assertThat(reason()).contains("'files' must be a list of at most 4 objects");
    Files.writeString(file("manifest.json"), "[".repeat(60_000));
    assertThat(reason()).contains("is not valid JSON");
    Files.writeString(file("manifest.json"), " ".repeat(70_000) + text);
    assertThat(reason()).contains("at most 65536 are read");
    Files.writeString(file("manifest.json"), "[]");
    assertThat(reason()).contains("is not a JSON object");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"step\" : 4             | \"step\" : 5               | is of step 5, not of step 4",
        "\"best\" : {             | \"worst\" : {              | unknown key 'worst'",
        "\"returns\" : 2          | \"returns\" : 4294967296   | 'returns' must be a whole number",
        "\"returns\" : 2          | \"returns\" : true         | 'returns' must be a whole number",
        "\"stoppedEarly\" : false | \"stoppedEarly\" : 0       | 'stoppedEarly' must be true or false",
        "\"rateFactor\" : 0.5     | \"rateFactor\" : 1e999     | 'rateFactor' must be a number",
        "\"rateFactor\" : 0.5     | \"rateFactor\" : \"0x12\"  | 'rateFactor' must be a number",
        "\"rateFactor\" : 0.5     | \"rateFactor\" : \"0xg\"   | 'rateFactor' must be a number",
        "\"rateFactor\" : 0.5     | \"rateFactor\" : null      | 'rateFactor' must be a number",
        "\"secondsSoFar\" : 0.4   | \"secondsSoFar\" : \"NaN\" | 'secondsSoFar' must be a number from 0",
        "\"secondsSoFar\" : 0.4   | \"secondsSoFar\" : -0.4    | 'secondsSoFar' must be a number from 0",
        "\"target\" : {           | \"target\" : 1, \"x\" : {  | 'epochSums.target' must be an object",
        "\"blas\" :               | \"blas\" : 1, \"epoch\" :  | is not valid JSON",
        "\"lockstep\" : \"0.1.0\" | \"lockstep\" : 1           | 'versions.lockstep' must be a text",
      })
  void aForgedStateIsNotBelieved(String from, String to, String why) throws IOException {
    forge("state.json", from, to);
    assertThat(reason()).contains(why);
  }

  @Test
  void bestWeightsAreThereExactlyWhenTheStateSaysSo() throws IOException {
    String text = Files.readString(file("state.json"));
    int best = text.indexOf("  \"best\" : {");
    int end = text.indexOf("  \"createdAt\"");
    forge(
        "state.json",
        (text.substring(0, best) + text.substring(end)).getBytes(StandardCharsets.UTF_8));
    assertThat(reason()).contains("do not agree on whether there is best.safetensors");
  }

  @Test
  void forgedTensorsMustFitTheNetwork() throws IOException {
    byte[] whole = Files.readAllBytes(file("parameters.safetensors"));
    forge("parameters.safetensors", "[3,4]", "[4,3]");
    assertThat(reason()).contains("tensor '0.weight' is F32 [4, 3], the network needs F32 [3, 4]");
    forge("parameters.safetensors", Files.readAllBytes(file("best.safetensors")));
    assertThat(store().newestIntact().skipped()).isEmpty();
    forge("parameters.safetensors", Files.readAllBytes(file("optimizer.safetensors")));
    assertThat(reason())
        .contains("parameters.safetensors does not fit the network")
        .contains("not in the network [0.weight.firstMoment");
    forge("parameters.safetensors", new byte[] {-1, -1, -1, -1, -1, -1, -1, 127});
    assertThat(reason()).contains("its header claims");
    forge("parameters.safetensors", whole);
    States.assertSame(store().newestIntact().found().orElseThrow().state(), States.at(4));
  }

  @Test
  void aFolderThatOnlyHasTheNameIsPassedOver() throws IOException {
    Path folders = place.resolve("checkpoints");
    Files.createDirectory(folders.resolve("step-000000009"));
    Files.createDirectory(folders.resolve("step-9"));
    Files.createDirectory(folders.resolve("step-0000000010"));
    Files.createDirectory(folders.resolve("step-9999999999999999999"));
    Files.writeString(folders.resolve("step-000000011"), "a file");
    Search search = store().newestIntact();
    assertThat(search.found().orElseThrow().step()).isEqualTo(4);
    assertThat(search.skipped()).extracting(Skipped::name).containsExactly("step-000000009");
    assertThat(search.skipped().get(0).reason())
        .contains("step-000000009/manifest.json")
        .contains("there is no such file");
  }

  @Test
  void whereNothingIsIntactAllIsTold() throws IOException {
    Files.delete(file("state.json"));
    Files.delete(place.resolve("checkpoints/step-000000002/optimizer.safetensors"));
    Search search = store().newestIntact();
    assertThat(search.found()).isEmpty();
    assertThat(search.skipped())
        .extracting(Skipped::name)
        .containsExactly(DAMAGED, "step-000000002");
  }
}
