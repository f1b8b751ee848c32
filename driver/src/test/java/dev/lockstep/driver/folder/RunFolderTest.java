package dev.lockstep.driver.folder;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
}
