package dev.lockstep.driver.container;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.trainer.error.LockstepException;
import java.io.File;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class EntryPointTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({"json,'',true", "'',driver --log-format=json,true", "text,driver,false"})
  void itsOwnSentencesAreInTheFormatOfTheLog(String variable, String arguments, boolean json)
      throws Exception {
    Path err = folder.resolve("err.txt");
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                classes(EntryPoint.class) + File.pathSeparator + classes(LockstepException.class),
                EntryPoint.class.getName()));
    command.addAll(arguments.isEmpty() ? List.of() : List.of(arguments.split(" ")));
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(err.toFile());
    builder.environment().put("LOCKSTEP_LOG_FORMAT", variable);
    builder.environment().remove("SPARK_DRIVER_BIND_ADDRESS");

    assertThat(builder.start().waitFor()).as(Files.readString(err)).isEqualTo(2);
    assertThat(Files.readString(err))
        .startsWith(json ? "{\"time\":\"" : "lockstep: ")
        .hasLineCount(1);
  }

  private static String classes(Class<?> type) throws URISyntaxException {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
  }

  @ParameterizedTest
  @CsvSource({
    "5,'',false",
    "5,5,true",
    "5,'4 5',true",
    "5,' 5  6 ',true",
    "15,5,false",
    "5,15,false"
  })
  void successIsWhatTheListHas(int code, String codes, boolean success) {
    assertThat(EntryPoint.isSuccess(code, codes)).isEqualTo(success);
  }
}
