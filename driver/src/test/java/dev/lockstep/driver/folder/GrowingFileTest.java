package dev.lockstep.driver.folder;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that grow, on file systems that can append and on others. */
final class GrowingFileTest {
  @TempDir private Path place;

  private RunFolder folder(String scheme) {
    return RunFolder.at(
        scheme + "://" + place.resolve("run"), WholeFilesFileSystem.in(new Configuration()));
  }

  private static void write(GrowingFile file, String text) throws IOException {
    file.stream().write(text.getBytes(StandardCharsets.UTF_8));
    file.stream().flush();
  }

  @ParameterizedTest
  @ValueSource(strings = {"file", "whole"})
  void whatIsSettledIsThereThoughNobodyClosesTheFile(String scheme) throws IOException {
    RunFolder folder = folder(scheme);
    folder.create();
    GrowingFile file = folder.grow("lines");
    assertThat(file).isInstanceOf(scheme.equals("file") ? StreamedFile.class : RenewedFile.class);
    write(file, "one\n");
    assertThat(file.length()).isEqualTo(4);
    file.settle();
    write(file, "two\n");
    assertThat(file.length()).isEqualTo(8);
    assertThat(Files.readString(place.resolve("run/lines"))).startsWith("one\n");

    GrowingFile successor = folder.grow("lines");
    assertThat(successor.length()).isEqualTo(Files.size(place.resolve("run/lines")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"file", "whole"})
  void aFileContinuesBehindItsEnd(String scheme) throws IOException {
    RunFolder folder = folder(scheme);
    folder.create();
    for (String line : new String[] {"one\n", "two\n", "three\n"}) {
      GrowingFile file = folder.grow("lines");
      write(file, line);
      file.settle();
      file.stream().close();
    }
    assertThat(place.resolve("run/lines")).hasContent("one\ntwo\nthree\n");
    assertThat(folder.size("lines")).isEqualTo(14);
  }

  @ParameterizedTest
  @ValueSource(strings = {"file", "whole"})
  void muchDoesNotWaitInMemory(String scheme) throws IOException {
    RunFolder folder = folder(scheme);
    folder.create();
    GrowingFile file = folder.grow("lines");
    String line = "x".repeat(99_999) + "\n";
    for (int i = 0; i < 50; i++) {
      write(file, line);
    }
    assertThat(Files.size(place.resolve("run/lines"))).isGreaterThan(3_000_000);
    file.settle();
    file.stream().close();
    assertThat(place.resolve("run/lines")).hasContent(line.repeat(50));
  }

  /** A run that breaks off may have lost the folder to another. */
  @Test
  void closingDoesNotWriteTheWholeFileAnew() throws IOException {
    RunFolder folder = folder("whole");
    folder.create();
    GrowingFile file = folder.grow("lines");
    write(file, "one\n");
    file.settle();
    folder.writeText("lines", "another's\n");
    write(file, "two\n");
    file.stream().close();
    assertThat(place.resolve("run/lines")).hasContent("another's\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"file", "whole"})
  void aRemovedFileIsGone(String scheme) throws IOException {
    RunFolder folder = folder(scheme);
    folder.create();
    folder.removeFile("lines");
    folder.writeText("lines", "one\n");
    folder.removeFile("lines");
    assertThat(folder.has("lines")).isFalse();
  }
}
