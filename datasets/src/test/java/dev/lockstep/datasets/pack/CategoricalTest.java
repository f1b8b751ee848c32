package dev.lockstep.datasets.pack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.datasets.pack.Fixtures.Settings;
import dev.lockstep.datasets.source.DataLocation;
import dev.lockstep.datasets.source.Normalization;
import dev.lockstep.datasets.source.ScoringInput;
import dev.lockstep.datasets.source.ScoringRow;
import dev.lockstep.datasets.source.Task;
import dev.lockstep.trainer.error.ErrorKind;
import dev.lockstep.trainer.error.LockstepException;
import dev.lockstep.trainer.model.CategoricalColumn;
import dev.lockstep.trainer.model.Preprocessing;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Columns of texts become one feature per level, in their place. */
class CategoricalTest {
  @TempDir Path folder;

  private Path cities() {
    return Fixtures.write(
        folder.resolve("cities.csv"),
        "age,city,floor,label",
        "10,Rome,2,a",
        "20,Oslo,10,b",
        "30,Rome,,a",
        "40,\"Bern, CH\",2.0,b");
  }

  private Settings settings() {
    return Settings.csv(cities()).categorical("floor", "city");
  }

  @Test
  void levelsAreOrderedLikeLabelsAndColumnsKeepTheirPlace() {
    try (PreparedData data = settings().prepare(2, 2)) {
      Preprocessing preprocessing = data.preprocessing();
      assertThat(preprocessing.columns()).containsExactly("age", "city", "floor");
      assertThat(preprocessing.featureNames())
          .containsExactly("age", "city=Bern, CH", "city=Oslo", "city=Rome", "floor=2", "floor=10");
      assertThat(preprocessing.categorical())
          .containsExactly(
              new CategoricalColumn("city", 1, false, List.of("Bern, CH", "Oslo", "Rome")),
              new CategoricalColumn("floor", 4, false, List.of("2", "10")));
      assertThat(data.inputShape().size()).isEqualTo(6);
      float[][] rows = Fixtures.rows(data.train());
      assertThat(rows[0]).containsExactly(10, 0, 0, 1, 1, 0, 0);
      assertThat(rows[1]).containsExactly(20, 0, 1, 0, 0, 1, 1);
      assertThat(rows[2]).as("an empty cell has no level").containsExactly(30, 0, 0, 1, 0, 0, 0);
      assertThat(rows[3]).as("2.0 is 2").containsExactly(40, 1, 0, 0, 1, 0, 1);
    }
  }

  @Test
  void levelsAreNotNormalized() {
    for (Normalization kind : List.of(Normalization.STANDARD, Normalization.MIN_MAX)) {
      try (PreparedData data = settings().normalize(kind).prepare(1, 1)) {
        Preprocessing preprocessing = data.preprocessing();
        assertThat(preprocessing.levelFeatures())
            .containsExactly(false, true, true, true, true, true);
        for (int j = 1; j < 6; j++) {
          assertThat(preprocessing.offset()[j]).isZero();
          assertThat(preprocessing.scale()[j]).isEqualTo(1.0);
        }
        assertThat(preprocessing.scale()[0]).isNotEqualTo(1.0);
        assertThat(Fixtures.rows(data.train())[1]).contains(0f, 1f);
      }
    }
  }

  @Test
  void shardsPartitionsAndTheCutIntoFilesChangeNothing() {
    Path one = Fixtures.write(folder.resolve("cut/1.csv"), "age,city,floor,label", "10,Rome,2,a");
    Path two =
        Fixtures.write(
            folder.resolve("cut/2.csv"),
            "age,city,floor,label",
            "20,Oslo,10,b",
            "30,Rome,,a",
            "40,\"Bern, CH\",2.0,b");
    try (PreparedData whole = settings().prepare(2, 1);
        PreparedData cut = Settings.csv(one, two).categorical("city", "floor").prepare(2, 2)) {
      assertThat(Fixtures.contents(cut.train())).isEqualTo(Fixtures.contents(whole.train()));
      assertThat(cut.preprocessing().featureNames())
          .isEqualTo(whole.preprocessing().featureNames());
      assertThat(cut.fingerprint()).isEqualTo(whole.fingerprint());
    }
  }

  @Test
  void everyTextEntersTheFingerprint() {
    try (PreparedData before = settings().prepare(1, 1)) {
      Path other =
          Fixtures.write(
              folder.resolve("other.csv"),
              "age,city,floor,label",
              "10,Rome,2,a",
              "20,Rome,10,b",
              "30,Oslo,,a",
              "40,\"Bern, CH\",2.0,b");
      try (PreparedData after = Settings.csv(other).categorical("city", "floor").prepare(1, 1)) {
        assertThat(after.fingerprint()).isNotEqualTo(before.fingerprint());
      }
    }
  }

  @Test
  void heldOutRowsKnowTheLevelsOfTrainingAndNoOthers() {
    Path later =
        Fixtures.write(
            folder.resolve("later.csv"), "age,city,floor,label", "50,Paris,3,b", "60,Oslo,2,a");
    try (PreparedData data =
        settings().separate(new DataLocation.Csv(List.of(later.toString()))).prepare(1, 1)) {
      float[][] rows = Fixtures.rows(data.validation().orElseThrow());
      assertThat(rows[0]).as("Paris and 3 are new").containsExactly(50, 0, 0, 0, 0, 0, 1);
      assertThat(rows[1]).containsExactly(60, 0, 1, 0, 1, 0, 0);
    }
  }

  /** Ten rows, each with a text and a number of its own, in two files. */
  private Settings dividedRows() {
    Path one = folder.resolve("divided/1.csv");
    Path two = folder.resolve("divided/2.csv");
    String header = "city,row,label";
    Fixtures.write(one, header, "t0,0,a", "t1,1,b", "t2,2,a", "t3,3,b", "t4,4,a");
    Fixtures.write(two, header, "t5,5,b", "t6,6,a", "t7,7,b", "t8,8,a", "t9,9,b");
    return Settings.csv(one, two).categorical("city").fractions(0.3, 0.3);
  }

  @Test
  void levelsAreThoseOfTheTrainingSplit() {
    try (PreparedData data = dividedRows().prepare(2, 2);
        PreparedData alike = dividedRows().prepare(1, 1)) {
      List<Integer> trained = Fixtures.column(data.train(), 4);
      assertThat(data.preprocessing().categorical().get(0).levels())
          .containsExactlyElementsOf(trained.stream().map(row -> "t" + row).toList());
      for (PreparedSplit heldOut :
          List.of(data.validation().orElseThrow(), data.test().orElseThrow())) {
        for (float[] row : Fixtures.rows(heldOut)) {
          assertThat(row).as("no level of its own").startsWith(0, 0, 0, 0);
        }
      }
      assertThat(alike.preprocessing().categorical()).isEqualTo(data.preprocessing().categorical());
      assertThat(alike.fingerprint()).isEqualTo(data.fingerprint());
    }
    try (PreparedData data =
        DataPreparation.prepare(TestSpark.context(), dividedRows().build(), true, 2, 2)) {
      assertThat(Fixtures.column(data.train(), 0)).containsExactly(0, 1, 2, 3);
      assertThat(Fixtures.column(data.test().orElseThrow(), 0)).containsOnly(-1);
    }
  }

  @Test
  void aColumnThatIsEmptyInTrainingIsRefused() {
    int row;
    try (PreparedData data = dividedRows().prepare(1, 1)) {
      row = Fixtures.column(data.test().orElseThrow(), 4).get(0);
    }
    String[] lines = new String[11];
    lines[0] = "city,row,label";
    for (int i = 0; i < 10; i++) {
      lines[i + 1] = (i == row ? "Rome," : ",") + i + "," + i % 2;
    }
    assertRefused(
        ErrorKind.DATA,
        Settings.csv(Fixtures.write(folder.resolve("one.csv"), lines))
            .categorical("city")
            .fractions(0.3, 0.3),
        "one.csv",
        "'city'",
        "empty in every row of the training split");
  }

  @Test
  void forAnEmbeddingTextsBecomeIndices() {
    Path later =
        Fixtures.write(folder.resolve("later.csv"), "age,city,floor,label", "50,Paris,10,b");
    try (PreparedData data =
        DataPreparation.prepare(
            TestSpark.context(),
            settings()
                .normalize(Normalization.STANDARD)
                .separate(new DataLocation.Csv(List.of(later.toString())))
                .build(),
            true,
            1,
            1)) {
      assertThat(data.preprocessing().featureNames()).containsExactly("age", "city", "floor");
      assertThat(data.preprocessing().columns()).containsExactly("age", "city", "floor");
      assertThat(data.preprocessing().levelFeatures()).containsExactly(false, true, true);
      float[][] rows = Fixtures.rows(data.train());
      assertThat(rows[0]).endsWith(2, 0, 0);
      assertThat(rows[2]).as("an empty cell").endsWith(2, -1, 0);
      assertThat(Fixtures.rows(data.validation().orElseThrow())[0])
          .as("Paris is new")
          .endsWith(-1, 1, 1);
    }
  }

  private static Preprocessing model() {
    return new Preprocessing(
        List.of("city=Oslo", "city=Rome", "age"),
        List.of(new CategoricalColumn("city", 0, false, List.of("Oslo", "Rome"))),
        "label",
        List.of("a", "b"),
        "standard",
        new double[] {0, 0, 10},
        new double[] {1, 1, 0.1});
  }

  @Test
  void aModelFixesTheLevels() {
    try (PreparedData data =
        DataPreparation.prepareForModel(
            TestSpark.context(),
            Settings.csv(cities()).build(),
            model(),
            Task.CLASSIFICATION,
            1,
            1)) {
      assertThat(Fixtures.rows(data.train())[0]).containsExactly(0, 1, 0, 0);
      assertThat(Fixtures.rows(data.train())[3]).containsExactly(0, 0, 3, 1);
      assertThat(data.preprocessing().categorical()).isEqualTo(model().categorical());
    }
  }

  @Test
  void rowsToBeScoredAreEncodedAlike() {
    ScoringInput input =
        ScoringInput.open(
            TestSpark.session(),
            new DataLocation.Csv(List.of(cities().toString())),
            Map.of("header", "true"),
            model());
    assertThat(input.features().count()).isEqualTo(3);
    float[] values = {7, 7, 7, 7};
    List<Row> rows =
        TestSpark.session()
            .createDataFrame(input.rows().map(ScoringRow::row), input.schema())
            .collectAsList();
    input.features().read(rows.get(1), values, 1);
    assertThat(values).containsExactly(7, 1, 0, 20);
    input.features().read(rows.get(3), values, 1);
    assertThat(values).as("a text that is no level").containsExactly(7, 0, 0, 40);
  }

  @Test
  void numbersOnlyCannotBeScoredByAModelOfTexts() {
    assertThatThrownBy(
            () ->
                ScoringInput.open(
                    TestSpark.session(),
                    new DataLocation.LibSvm(List.of("any")),
                    Map.of(),
                    model()))
        .hasMessageContaining("'city'")
        .hasMessageContaining("libsvm");
  }

  private void assertRefused(ErrorKind kind, Settings settings, String... words) {
    assertThatThrownBy(() -> settings.prepare(1, 1).close())
        .isInstanceOfSatisfying(
            LockstepException.class,
            failure -> {
              assertThat(failure.kind()).isEqualTo(kind);
              assertThat(failure.getMessage()).contains(words);
            });
  }

  @Test
  void columnsThatCannotBeCategoricalAreNamed() {
    assertRefused(
        ErrorKind.USAGE,
        Settings.csv(cities()).categorical("citty"),
        "data.categorical",
        "'citty'",
        "'city'");
    assertRefused(
        ErrorKind.USAGE,
        Settings.csv(cities()).categorical("label"),
        "data.categorical",
        "'label'",
        "feature columns");
    assertRefused(
        ErrorKind.USAGE, Settings.csv(cities()).categorical("city", "city"), "'city' twice");
    assertRefused(
        ErrorKind.USAGE,
        Settings.of(new DataLocation.Bundled("iris")).categorical("petal"),
        "data.categorical",
        "numbers only");
    assertRefused(
        ErrorKind.DATA, Settings.csv(cities()).categorical("city"), "row 3", "'floor'", "empty");
  }

  @Test
  void columnsWithoutLevelsOrWithTooManyAreRefused() {
    Path empty = Fixtures.write(folder.resolve("empty.csv"), "x,c,label", "1,,a", "2, ,b");
    assertRefused(
        ErrorKind.DATA, Settings.csv(empty).categorical("c"), "empty.csv", "'c'", "every row");
    String[] lines = new String[Scan.MAX_CLASSES + 2];
    lines[0] = "name,label";
    for (int row = 1; row < lines.length; row++) {
      lines[row] = "n" + row + "," + row % 2;
    }
    Path many = Fixtures.write(folder.resolve("many.csv"), lines);
    assertRefused(
        ErrorKind.DATA,
        Settings.csv(many).categorical("name"),
        "many.csv",
        "'name'",
        "more than 10000");
  }
}
