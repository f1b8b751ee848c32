package dev.lockstep.driver;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.serializer.KryoRegistrator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.yaml.snakeyaml.LoaderOptions;

/**
 * What each module and package may use. The driver sees all the others, so the rules stand here.
 */
@AnalyzeClasses(packages = "dev.lockstep", importOptions = DoNotIncludeTests.class)
final class ArchitectureTest {

  /** Spark and what comes with it. */
  private static final String[] SPARK = {
    "org.apache.spark..", "org.apache.hadoop..", "scala..", "com.esotericsoftware.kryo.."
  };

  @ArchTest
  static final ArchRule trainerUsesTheJdkAndBlasOnly =
      classes()
          .that()
          .resideInAPackage("dev.lockstep.trainer..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "dev.lockstep.trainer..", "java..", "dev.ludovic.netlib..", "org.bytedeco..");

  @ArchTest
  static final ArchRule datasetsUsesTheTrainerAndSparkOnly =
      classes()
          .that()
          .resideInAPackage("dev.lockstep.datasets..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "dev.lockstep.datasets..",
              "dev.lockstep.trainer..",
              "java..",
              "org.apache.spark..",
              "org.apache.hadoop..",
              "scala..",
              // Spark's wire format.
              "com.esotericsoftware.kryo..");

  @ArchTest
  static final ArchRule datasetsTouchesSparkInSourceAndPackOnly =
      noClasses()
          .that()
          .resideInAPackage("dev.lockstep.datasets..")
          .and()
          .resideOutsideOfPackages("dev.lockstep.datasets.source..", "dev.lockstep.datasets.pack..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(SPARK);

  @ArchTest
  static final ArchRule theTrainingLoopKnowsNoSpark =
      noClasses()
          .that()
          .resideInAPackage("dev.lockstep.driver.loop..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(SPARK);

  @ArchTest
  static final ArchRule onlyTheClusterPackageUsesSparkInternals =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.lockstep.driver.cluster..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "org.apache.spark.internal..",
              "org.apache.spark.network..",
              "org.apache.spark.rpc..",
              "org.apache.spark.sql.catalyst..",
              "org.apache.spark.sql.execution..");

  /** Not declared public by Spark, but the way to its sinks. */
  @ArchTest
  static final ArchRule onlyTelemetryUsesSparksMetrics =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.lockstep.driver.telemetry..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.apache.spark.metrics..", "com.codahale.metrics..");

  /**
   * Java's serialization runs code of whatever class the bytes name. Spark uses it for its own
   * tasks, between processes that trust each other; nothing here does for bytes of any origin.
   */
  @ArchTest
  static final ArchRule nothingIsDeserializedByJava =
      noClasses()
          .should()
          .dependOnClassesThat()
          .haveFullyQualifiedName("java.io.ObjectInputStream")
          .orShould()
          .dependOnClassesThat()
          .haveFullyQualifiedName("java.io.ObjectInput")
          .orShould()
          .dependOnClassesThat()
          .haveFullyQualifiedName("java.beans.XMLDecoder")
          .orShould()
          .dependOnClassesThat()
          .haveSimpleName("SerializationUtils")
          .orShould()
          .dependOnClassesThat(
              resideInAPackage("org.apache.spark.serializer..")
                  .and(not(type(KryoRegistrator.class))));

  /** Kryo is for what travels between the processes of a run. */
  @ArchTest
  static final ArchRule kryoIsForTheWireOnly =
      noClasses()
          .that()
          .resideOutsideOfPackages("dev.lockstep.datasets.pack..", "dev.lockstep.driver.cluster..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("com.esotericsoftware.kryo..");

  @ArchTest
  static final ArchRule whatKryoReadsComesFromNoFile =
      noClasses()
          .that(dependOnKryo())
          .should()
          .dependOnClassesThat(
              resideInAnyPackage("org.apache.hadoop..", "java.nio.file..")
                  .or(nameMatching("java\\.io\\.(File|RandomAccess).*")));

  /** Spark's files of serialized objects. */
  @ArchTest
  static final ArchRule noFilesOfObjects =
      noClasses()
          .should()
          .callMethodWhere(target(nameMatching("objectFile|saveAsObjectFile|sequenceFile")));

  /** JSON and YAML are read as trees: no text says which class is made of it. */
  @ArchTest
  static final ArchRule textsNameNoClasses =
      noClasses()
          .should()
          .callMethodWhere(
              target(
                  nameMatching(
                      "readValue|readValues|treeToValue|convertValue|activateDefaultTyping|enableDefaultTyping")))
          .orShould()
          .dependOnClassesThat(
              resideInAPackage("org.yaml.snakeyaml..").and(not(type(LoaderOptions.class))));

  private static DescribedPredicate<JavaClass> dependOnKryo() {
    return describe(
        "depend on Kryo",
        type ->
            type.getDirectDependenciesFromSelf().stream()
                .anyMatch(
                    dependency ->
                        dependency
                            .getTargetClass()
                            .getPackageName()
                            .startsWith("com.esotericsoftware.kryo")));
  }

  @ArchTest
  static final ArchRule packagesFormNoCycles =
      slices().matching("dev.lockstep.(*).(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule classesAreFinalOrSealed =
      classes()
          .that()
          .areNotInterfaces()
          .and()
          .areNotEnums()
          .and()
          .areNotAnonymousClasses()
          .should(beFinalOrSealed());

  private static ArchCondition<JavaClass> beFinalOrSealed() {
    return new ArchCondition<>("be final or sealed") {
      @Override
      public void check(JavaClass type, ConditionEvents events) {
        boolean holds =
            type.getModifiers().contains(JavaModifier.FINAL)
                || type.getModifiers().contains(JavaModifier.SYNTHETIC)
                || type.reflect().isSealed();
        events.add(
            new SimpleConditionEvent(
                type,
                holds,
                type.getName() + " is " + (holds ? "" : "neither ") + "final or sealed"));
      }
    };
  }

  @ParameterizedTest
  @ValueSource(strings = {"trainer", "datasets", "driver", "notebooks"})
  void everyPackageIsDescribed(String module) throws IOException {
    Path sources = Path.of("..", module, "src", "main", "java");
    try (Stream<Path> files = Files.walk(sources)) {
      List<Path> packages =
          files
              .filter(file -> file.toString().endsWith(".java"))
              .map(Path::getParent)
              .distinct()
              .sorted()
              .toList();
      assertThat(packages)
          .isNotEmpty()
          .allSatisfy(folder -> assertThat(folder.resolve("package-info.java")).exists());
    }
  }
}
