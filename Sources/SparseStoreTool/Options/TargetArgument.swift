internal import ArgumentParser
internal import SparseStore

/// The argument for a target of publications.
struct TargetArgument: ParsableArguments {
    @Argument(help: "A folder, or s3://BUCKET/PREFIX.")
    var target: String

    @OptionGroup(title: "S3") var s3: S3Options

    func open() throws -> any PublicationTarget {
        guard target.hasPrefix("s3://") else { return FolderTarget(at: target) }
        return try S3Target(target, s3)
    }

    /// Refuses the path of the store itself or of its lock file.
    func requireOther(than store: String) throws {
        for used in [store, store + "-lock", OutputPath.absolute(store), OutputPath.absolute(store) + "-lock"]
        where OutputPath.absolute(target) == OutputPath.absolute(used) {
            throw CommandFailure(.usage, "'\(target)' is the store itself or its lock file; name a folder")
        }
    }
}

/// The text of a publication for messages and JSON.
extension Publication {
    /// The time of publication in UTC.
    var when: String { UTCTime.text(microseconds: time) }
}
