/// The texts of the examples that come with Quire, which need no approval.
enum KnownTexts {
    /// The keys of the texts, as `GuardedText` has them.
    static let keys: Set<String> = [
        // The check of config/examples/demo.yaml, and the stand-in's, which answers a question there.
        "c2180878f8ba9328b719aadb2b889aa53038340c29875d29a621e50c79ba3d90",
        "f19e647549b2508aa37ea811b23f640591a8b9aec8e883a61ec8d18d92005ca8",
    ]
}
