package dev.lockstep.datasets.pack;

import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/** The one Spark of the test JVM, set up as a run sets it up: Kryo, with registration required. */
public final class TestSpark {
  private static final JavaSparkContext CONTEXT = start();

  private TestSpark() {}

  private static JavaSparkContext start() {
    SparkConf conf =
        new SparkConf()
            .setMaster("local[2]")
            .setAppName("datasets tests")
            .set("spark.ui.enabled", "false")
            .set("spark.driver.host", "localhost")
            .set("spark.driver.bindAddress", "127.0.0.1")
            .set("spark.serializer", "org.apache.spark.serializer.KryoSerializer")
            .set("spark.kryo.registrationRequired", "true")
            .set("spark.kryo.registrator", DatasetsKryoRegistrator.class.getName());
    return new JavaSparkContext(conf);
  }

  public static JavaSparkContext context() {
    return CONTEXT;
  }

  public static SparkSession session() {
    return SparkSession.builder().getOrCreate();
  }
}
