package dev.lockstep.driver.folder;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a folder looks like after its writer was killed. */
final class RunFolderTest {
  @TempDir private Path place;

  private RunFolder folder() {
    return RunFolder.at(place.toString(), new Configuration());
  }

  @Test
  void aFileIsReplacedWithoutATrace() throws IOException {
    folder().writeText("result.txt", "first");
    folder().writeText("result.txt", "second");
    assertThat(place.resolve("result.txt")).hasContent("second");
    try (var files = Files.list(place)) {
      assertThat(files).hasSize(1);
    }
  }

  /** Hadoop's own programs leave one beside every local file. */
  @Test
  void aFileIsReplacedWithItsChecksum() throws IOException {
    var file = new org.apache.hadoop.fs.Path(place.resolve("result.txt").toUri());
    try (var files = FileSystem.newInstanceLocal(new Configuration())) {
      try (OutputStream output = files.create(file)) {
        output.write("first".getBytes(UTF_8));
      }
      assertThat(place.resolve(".result.txt.crc")).exists();
      folder().writeText("result.txt", "second");
      try (InputStream input = files.open(file)) {
        assertThat(new String(input.readAllBytes(), UTF_8)).isEqualTo("second");
      }
    }
  }

  /** As on a full disk: what was begun takes the room that is missing. */
  @ParameterizedTest
  @ValueSource(strings = {"file", "whole"})
  void nothingStaysOfAFileThatCouldNotBeWritten(String scheme) throws IOException {
    RunFolder folder =
        RunFolder.at(scheme + "://" + place, WholeFilesFileSystem.in(new Configuration()));
    folder.writeText("result.txt", "first");
    assertThatThrownBy(
            () ->
                folder.write(
                    "result.txt",
                    output -> {
                      output.write(new byte[100_000]);
                      throw new IOException("No space left on device");
                    }))
        .isInstanceOf(LockstepException.class)
        .hasMessageContaining("No space left on device");
    assertThat(place.resolve("result.txt")).hasContent("first");
    try (var files = Files.list(place)) {
      assertThat(files).hasSize(1);
    }
  }

  @Test
  void aFileIsShortenedInItsPlaceWithoutAStaleChecksum() throws IOException {
    folder().writeText("result.txt", "first and more");
    Files.writeString(place.resolve(".result.txt.crc"), "of the whole");
    folder().truncate("result.txt", 5);
    assertThat(place.resolve("result.txt")).hasContent("first");
    try (var files = Files.list(place)) {
      assertThat(files).hasSize(1);
    }
  }

  /** A loss of power must not take a whole run because nobody wrote down what it is called. */
  @Test
  void theNamesOfNewFoldersAreBroughtToTheDisk() throws IOException {
    var base = new org.apache.hadoop.fs.Path("file:" + place);
    WholeFiles files = new WholeFiles(FileSystem.getLocal(new Configuration()));
    var run = new org.apache.hadoop.fs.Path(base, "nightly/runs/one");
    assertThat(files.makeFolders(run, 0))
        .containsExactly(run.getParent(), new org.apache.hadoop.fs.Path(base, "nightly"), base);
    assertThat(place.resolve("nightly/runs/one")).isDirectory();
    assertThat(files.makeFolders(run, 0)).isEmpty();
    // Whoever writes a checkpoint brings its name to the disk when it is whole.
    var step = new org.apache.hadoop.fs.Path(base, "other/checkpoints/step-1");
    assertThat(files.makeFolders(step, 2)).containsExactly(base);
    assertThat(place.resolve("other/checkpoints/step-1")).isDirectory();
  }

  @Test
  void aNameThatNoDiskCanHaveIsAUsageError() {
    assertThatThrownBy(() -> RunFolder.at(place + "/a\0b", new Configuration()))
        .isInstanceOfSatisfying(
            LockstepException.class,
            refused -> assertThat(refused.kind()).isEqualTo(ErrorKind.USAGE))
        .hasMessageContaining("cannot be used");
  }

  @Test
  void filesAndFoldersAreToldApart() {
    folder().folder("one").create();
    folder().writeAsIs("a.jsonl", "");
    assertThat(folder().files()).containsExactly("a.jsonl");
    assertThat(folder().folders()).containsExactly("one");
    assertThat(folder().folder("none").files()).isEmpty();
  }

  @Test
  void whoReadsWhileAFileIsReplacedFindsTheOneOrTheOther() throws Exception {
    folder().writeText("result.txt", "0");
    Thread writer =
        new Thread(
            () -> {
              for (int i = 1; i <= 200; i++) {
                folder().writeText("result.txt", Integer.toString(i));
              }
            });
    writer.start();
    try {
      int last = 0;
      while (writer.isAlive()) {
        int found = Integer.parseInt(Files.readString(place.resolve("result.txt")));
        assertThat(found).isGreaterThanOrEqualTo(last);
        last = found;
      }
    } finally {
      writer.join();
    }
    assertThat(place.resolve("result.txt")).hasContent("200");
  }

  @Test
  void whatWasBeingWrittenNeverTakesThePlaceOfAFile() throws IOException {
    Files.writeString(place.resolve(".result.txt.partial"), "sec");
    folder().restore("result.txt");
    assertThat(folder().has("result.txt")).isFalse();
    assertThat(folder().isInUse()).isFalse();
    folder().requireFresh();

    folder().writeText("result.txt", "whole");
    assertThat(place.resolve("result.txt")).hasContent("whole");
    assertThat(folder().isInUse()).isTrue();
    assertThatThrownBy(() -> folder().requireFresh()).hasMessageContaining("is not empty");
  }

  @Test
  void aWholeFileTakesThePlaceOfTheOneThatWasRemovedForIt() throws IOException {
    Files.writeString(place.resolve(".result.txt.next"), "second");
    assertThat(folder().isInUse()).isTrue();
    folder().restore("result.txt");
    assertThat(place.resolve("result.txt")).hasContent("second");
    assertThat(place.resolve(".result.txt.next")).doesNotExist();
  }

  @Test
  void aFileThatIsThereIsNotReplacedByARestore() throws IOException {
    Files.writeString(place.resolve("result.txt"), "first");
    Files.writeString(place.resolve(".result.txt.next"), "second");
    folder().restore("result.txt");
    assertThat(place.resolve("result.txt")).hasContent("first");
    folder().writeText("result.txt", "third");
    assertThat(place.resolve("result.txt")).hasContent("third");
    assertThat(place.resolve(".result.txt.next")).doesNotExist();
  }

  @Test
  void whatIsWrittenThroughIsThereUnderItsOwnName() throws IOException {
    folder().writeThrough("result.txt", output -> output.write("whole".getBytes(UTF_8)));
    folder().writeNamesThrough();
    assertThat(place.resolve("result.txt")).hasContent("whole");
    try (var files = Files.list(place)) {
      assertThat(files).hasSize(1);
    }
    assertThatThrownBy(() -> folder().folder("none").writeThrough("result.txt", output -> {}))
        .isInstanceOfSatisfying(
            LockstepException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.RESOURCE))
        .hasMessageContaining("none could not be written to");
    assertThatThrownBy(() -> folder().folder("none").writeNamesThrough())
        .isInstanceOf(LockstepException.class);
  }

  @Test
  void foldersAreListedRenamedAndRemoved() throws IOException {
    assertThat(folder().folder("none").folders()).isEmpty();
    Files.createDirectories(place.resolve("first/inside"));
    Files.writeString(place.resolve("first/file.txt"), "kept");
    Files.writeString(place.resolve("file.txt"), "not a folder");
    assertThat(folder().folders()).containsExactly("first");
    folder().renameFolder("first", "second");
    assertThat(place.resolve("second/file.txt")).hasContent("kept");

    Files.createDirectory(place.resolve("third"));
    assertThatThrownBy(() -> folder().renameFolder("second", "third"))
        .hasMessageContaining("there is already a third");
    assertThat(folder().folders()).containsExactlyInAnyOrder("second", "third");
    folder().removeFolder("second");
    folder().removeFolder("second");
    assertThat(folder().folders()).containsExactly("third");
  }

  /** Names may come out of files that somebody else wrote: a manifest, a list of trials. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "../secret.txt",
        "..",
        ".",
        "",
        "a/../../secret.txt",
        "/etc/passwd",
        "//host/share",
        "file:///etc/passwd",
        "hdfs://host/x",
        "..\\secret.txt",
        "C:\\secret.txt",
        "C:secret.txt",
        "a\u0000.txt",
        "a\nb",
        "a//b",
        "a/",
      })
  void aNameThatLeadsOutOfTheFolderIsRefused(String name) throws IOException {
    Files.writeString(place.resolve("secret.txt"), "outside");
    RunFolder inner = folder().folder("inner");
    inner.create();
    for (ThrowingCallable use :
        List.<ThrowingCallable>of(
            () -> inner.open(name),
            () -> inner.readText(name, 10),
            () -> inner.size(name),
            () -> inner.has(name),
            () -> inner.hasFolder(name),
            () -> inner.folder(name),
            () -> inner.append(name),
            () -> inner.restore(name),
            () -> inner.grow(name),
            () -> inner.removeFile(name),
            () -> inner.removeFolder(name),
            () -> inner.renameFolder(name, "a"),
            () -> inner.renameFolder("a", name),
            () -> inner.writeThrough(name, output -> output.write(1)),
            () -> inner.writeText(name, "overwritten"))) {
      assertThatThrownBy(use)
          .isInstanceOf(LockstepException.class)
          .hasMessageContaining("it leads elsewhere")
          .hasMessageContaining("/inner");
    }
    assertThat(place.resolve("secret.txt")).hasContent("outside");
    try (var files = Files.list(place)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder("secret.txt", "inner");
    }
  }

  /** Links are the user's and are read through, but nothing is written through them. */
  @Test
  void nothingIsWrittenThroughALink() throws IOException {
    Path outside = Files.writeString(place.resolve("outside.txt"), "outside");
    RunFolder inner = folder().folder("inner");
    inner.create();
    for (String name :
        List.of("metrics.jsonl", "result.txt", ".result.txt.partial", "growing", "through")) {
      Files.createSymbolicLink(place.resolve("inner").resolve(name), outside);
    }
    inner.writeText("result.txt", "inside");
    try (OutputStream metrics = inner.append("metrics.jsonl")) {
      metrics.write('1');
    }
    assertThatThrownBy(() -> inner.grow("growing"))
        .hasMessageContaining("/inner/growing is a link, and nothing is written through one");
    assertThatThrownBy(() -> inner.writeThrough("through", output -> output.write('1')))
        .hasMessageContaining("/inner/through is a link");
    assertThat(outside).hasContent("outside");
    assertThat(place.resolve("inner/result.txt")).isRegularFile().hasContent("inside");
    assertThat(place.resolve("inner/metrics.jsonl")).hasContent("1");
  }

  /** Folders of a run are its own; only the one that the user named may be a link. */
  @Test
  void nothingIsWrittenOrRemovedThroughAFolderThatIsALink() throws IOException {
    Path outside = Files.createDirectories(place.resolve("outside"));
    Files.createDirectories(outside.resolve("deep/step-1"));
    Files.writeString(outside.resolve("kept.txt"), "outside");
    Files.writeString(outside.resolve(".lost.txt.next"), "outside");
    Files.createDirectory(place.resolve("real"));
    Path named = Files.createSymbolicLink(place.resolve("named"), place.resolve("real"));
    RunFolder run = RunFolder.at(named.toString(), new Configuration());
    run.create();
    run.folder("model").create();
    run.folder("model").writeText("a.txt", "inside");
    assertThat(place.resolve("real/model/a.txt")).hasContent("inside");

    for (String name : List.of("checkpoints", "away")) {
      Files.createSymbolicLink(place.resolve("real").resolve(name), outside);
    }
    RunFolder linked = run.folder("checkpoints");
    for (ThrowingCallable use :
        List.<ThrowingCallable>of(
            linked::create,
            () -> linked.folder("deep").create(),
            () -> linked.folder("deep/new").create(),
            () -> linked.append("kept.txt"),
            () -> linked.grow("kept.txt"),
            () -> linked.grow("new.txt"),
            () -> linked.writeText("kept.txt", "overwritten"),
            () -> linked.writeThrough("new.txt", output -> output.write('1')),
            () -> linked.restore("lost.txt"),
            () -> linked.removeFile("kept.txt"),
            () -> linked.removeFolder("deep"),
            () -> linked.folder("deep").removeFolder("step-1"),
            () -> linked.renameFolder("deep", "deeper"),
            () -> run.removeFolder("checkpoints/deep"),
            () -> run.renameFolder("checkpoints/deep", "deep"),
            () -> run.renameFolder("model", "checkpoints/model"))) {
      assertThatThrownBy(use)
          .isInstanceOf(LockstepException.class)
          .hasMessageContaining("/named/checkpoints is a link, and nothing is written through one");
    }
    assertThat(linked.readText("kept.txt", 10)).isEqualTo("outside");
    assertThat(linked.folders()).containsExactly("deep");

    run.removeFolder("away");
    assertThat(place.resolve("real/away")).doesNotExist();
    try (var left = Files.walk(outside)) {
      assertThat(left.map(path -> outside.relativize(path).toString()))
          .containsExactlyInAnyOrder("", "deep", "deep/step-1", "kept.txt", ".lost.txt.next");
    }
    assertThat(outside.resolve("kept.txt")).hasContent("outside");
    assertThat(place.resolve("real/model/a.txt")).hasContent("inside");
  }
}
