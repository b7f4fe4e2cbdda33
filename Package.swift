// swift-tools-version: 6.2
import PackageDescription

/// Every target's Swift settings: Swift 6 mode, explicit imports and existentials, no warnings.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

/// For what tests play by the million: optimized in a debug build, too.
let fast: [SwiftSetting] = [.unsafeFlags(["-O"], .when(configuration: .debug))]

/// A release's commit, which `config/release` states; a build without it is a development build.
///
/// A definition in C is the one text that SwiftPM hands to a target. It takes the place of a file
/// that is made for each build, so only a release is built anew after a commit.
let build: [CSetting] =
    Context.environment["QUIRE_BUILD"].map { [.define("QUIRE_BUILD", to: "\"\($0)\"")] } ?? []

func library(
    _ name: String,
    _ dependencies: [Target.Dependency] = [],
    settings: [SwiftSetting] = []
) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict + settings)
}

func tests(
    _ name: String,
    _ dependencies: [Target.Dependency],
    resources: [Resource] = []
) -> Target {
    .testTarget(
        name: name,
        dependencies: dependencies,
        resources: resources,
        swiftSettings: strict
    )
}

let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let sqlite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let argumentParser = Target.Dependency.product(
    name: "ArgumentParser",
    package: "swift-argument-parser"
)

let package = Package(
    name: "quire",
    products: [
        .executable(name: "quire", targets: ["quire"]),
        .executable(name: "codex-sim", targets: ["codex-sim"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        .systemLibrary(
            name: "CLibuv",
            pkgConfig: "libuv",
            providers: [.apt(["libuv1-dev"])]
        ),
        .target(name: "CBuild", cSettings: build),
        .target(
            name: "Version",
            dependencies: ["CBuild"],
            swiftSettings: strict + [.strictMemorySafety()]
        ),
        .target(name: "CSpawn"),
        .target(name: "CTerminal"),
        // It embeds the manual's texts, which lie in Sources/quire/Manual.
        .target(name: "CManual"),
        .target(
            name: "Manual",
            dependencies: ["CManual"],
            swiftSettings: strict + [.strictMemorySafety()]
        ),
        library("Dates", ["Orchestration"]),
        .target(
            name: "Descendants",
            dependencies: ["CSpawn", "Orchestration"],
            swiftSettings: strict + [.strictMemorySafety()]
        ),
        .target(
            name: "EventLoop",
            dependencies: ["CLibuv", "CSpawn", "CTerminal", "Descendants"],
            swiftSettings: strict + [.strictMemorySafety()]
        ),
        library("Orchestration", settings: fast),
        library("Codec", ["Orchestration"]),
        .target(name: "CScan"),
        .target(
            name: "CodexEvents",
            dependencies: ["Codec", "Orchestration", "CScan"],
            swiftSettings: strict + [.strictMemorySafety()]
        ),
        library("Agent", ["Orchestration"]),
        library(
            "CodexAgent",
            ["Agent", "Codec", "CodexEvents", "Dates", "FileAccess", "Orchestration"]
        ),
        library("FileAccess"),
        library("Autonomous", ["Dates", "Descendants", "FileAccess", "Orchestration"]),
        library("Trees", ["FileAccess", "Orchestration"]),
        library("Manifest", ["Codec", "FileAccess", "Orchestration", yams]),
        library("RunStore", ["Codec", "FileAccess", "Orchestration", grdb, sqlite]),
        library("Reporting", ["Codec", "Dates", "Orchestration"]),
        library("Simulation", ["Orchestration"], settings: fast),
        library(
            "Driver",
            [
                "Agent", "Codec", "EventLoop", "RunStore", "Reporting", "Autonomous", "Dates",
                "Descendants", "FileAccess", "Orchestration", "Trees",
            ]
        ),
        library("CodexSim"),
        .executableTarget(name: "codex-sim", dependencies: ["CodexSim"], swiftSettings: strict),
        library(
            "Application",
            [
                "Agent", "CodexAgent", "Driver", "EventLoop", "RunStore", "Reporting",
                "Autonomous", "Dates", "Descendants", "FileAccess", "Orchestration", "Manifest",
                "Manual", "Simulation", "Trees", "Version",
            ]
        ),
        .executableTarget(
            name: "quire",
            dependencies: [
                "Agent", "Application", "Driver", "EventLoop", "RunStore", "Reporting",
                "Autonomous", "Dates", "FileAccess", "Orchestration", "Manifest", "Simulation",
                "CodexSim", "Manual", "Trees", "Version", argumentParser,
            ],
            exclude: ["Manual", "Plugin"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "AutonomousTests",
            dependencies: ["TestSupport", "Autonomous", "FileAccess", "Orchestration"],
            exclude: ["commonmark.py"],
            swiftSettings: strict
        ),
        .target(
            name: "DecoderPromises",
            dependencies: ["CodexEvents"],
            path: "Tests/DecoderPromises",
            swiftSettings: strict
        ),
        tests(
            "TreesTests",
            ["TestSupport", "Driver", "EventLoop", "FileAccess", "Orchestration", "Trees"]
        ),
        tests(
            "CodexEventsTests",
            ["Agent", "CodexAgent", "CodexEvents", "CScan", "DecoderPromises", "Orchestration"],
            resources: [.copy("Fixtures")]
        ),
        tests("CodexAgentTests", ["Agent", "CodexAgent", "CodexEvents", "Orchestration"]),
        tests(
            "ApplicationTests",
            [
                "TestSupport", "Agent", "Application", "Autonomous", "CodexAgent", "Driver",
                "EventLoop",
                "FileAccess",
                "Manifest", "Orchestration", "Reporting", "RunStore", "Simulation", "Trees",
            ]
        ),
        tests("DatesTests", ["Dates", "Orchestration"]),
        tests("DescendantsTests", ["Descendants", "Orchestration"]),
        tests("EventLoopTests", ["CSpawn", "Descendants", "EventLoop"]),
        tests(
            "DriverTests",
            [
                "Agent", "Application", "Autonomous", "Descendants", "Driver", "EventLoop",
                "FileAccess", "Orchestration", "Reporting", "RunStore", "TestSupport", "Trees",
            ]
        ),
        tests(
            "ManualTests",
            [
                "TestSupport", "Application", "Manifest", "Manual", "quire", "Version",
                argumentParser,
            ]
        ),
        tests("ManifestTests", ["Manifest", "Orchestration", yams]),
        .testTarget(
            name: "ReportingTests",
            dependencies: ["Dates", "Reporting", "Orchestration", "Simulation"],
            exclude: ["Goldens"],
            swiftSettings: strict
        ),
        tests(
            "SimulationTests",
            ["Simulation", "Orchestration"],
            resources: [.copy("Fixtures")]
        ),
        tests(
            "RunStoreTests",
            ["Codec", "RunStore", "Orchestration", "Reporting", "Simulation", grdb],
            resources: [.copy("Fixtures")]
        ),
        .target(
            name: "TestSupport",
            dependencies: ["Descendants", "EventLoop"],
            path: "Tests/TestSupport",
            swiftSettings: strict
        ),
        tests(
            "QuireTests",
            [
                "TestSupport", "quire", "codex-sim", "Autonomous", "Descendants", "Driver",
                "EventLoop", "Manifest", "Orchestration", "RunStore", grdb, yams,
            ]
        ),
        .testTarget(
            name: "EndToEndTests",
            dependencies: ["TestSupport", "Descendants", "EventLoop", "quire"],
            exclude: [
                "install-codex", "install-validators", "codex-versions", "scripted_model.py",
                "without_namespaces.py",
            ],
            swiftSettings: strict
        ),
        tests("OrchestrationTests", ["Orchestration", "Simulation"]),
    ]
)

// The benchmarks' framework is fetched and built only for those who measure.
if Context.environment["QUIRE_BENCHMARKS"] != nil {
    package.dependencies.append(
        .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: [])
    )
    package.targets.append(
        .executableTarget(
            name: "QuireBenchmarks",
            dependencies: [
                .product(name: "Benchmark", package: "benchmark"), "Autonomous", "CodexAgent",
                "CodexEvents", "Driver", "EventLoop", "Orchestration", "Reporting", "RunStore",
                "Simulation",
            ],
            path: "Benchmarks/QuireBenchmarks",
            swiftSettings: strict,
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]
        )
    )
    // What Benchmarks/compare measures beside Quire itself.
    package.dependencies.append(
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2")
    )
    package.targets += [
        .executableTarget(
            name: "decode-events",
            dependencies: ["CodexEvents"],
            path: "Benchmarks/DecodeEvents",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "play-batch",
            dependencies: ["Orchestration", "Simulation"],
            path: "Benchmarks/PlayBatch",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "subprocess-runner",
            dependencies: [.product(name: "Subprocess", package: "swift-subprocess")],
            path: "Benchmarks/SubprocessRunner",
            swiftSettings: [.swiftLanguageMode(.v6)]
        ),
    ]
}

// The target of the coverage-guided fuzzer.
if Context.environment["QUIRE_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "fuzz-decoder",
            dependencies: ["DecoderPromises"],
            path: "Tests/Fuzz",
            exclude: ["run"],
            swiftSettings: strict
        )
    )
}
