package dev.lockstep.driver.container;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class EntryPointTest {
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
