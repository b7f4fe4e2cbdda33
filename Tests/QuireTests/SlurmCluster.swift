import Foundation
import TestSupport

/// A Slurm of the test's own on loopback: two nodes of four processors on this machine.
struct SlurmCluster {
    /// Whether the programs it takes are installed.
    static var isInstalled: Bool {
        let programs = [
            "/usr/sbin/slurmctld", "/usr/sbin/slurmd", "/usr/sbin/munged", "/usr/bin/srun",
        ]
        return programs.allSatisfy { FileManager.default.isExecutableFile(atPath: $0) }
    }

    private let root: String
    private let workspace: String

    /// Starts it; its files lie in a directory of its own.
    init(in directory: String, workspace: String) throws {
        (root, self.workspace) = (directory, workspace)
        // Somebody else may take the ports before Slurm does.
        for attempt in 1... {
            do {
                try start()
                return
            } catch  where attempt < 5 {
                try FileManager.default.removeItem(atPath: root)
            }
        }
    }

    private func start() throws {
        try FileManager.default.createDirectory(
            atPath: root + "/state",
            withIntermediateDirectories: true
        )
        try put(try Self.configuration(root), root + "/slurm.conf")
        let started = try run(
            """
            cd '\(root)'
            head -c 128 /dev/urandom > munge.key; chmod 600 munge.key
            munged --force --key-file=$PWD/munge.key --socket=$PWD/munge.socket \
              --pid-file=$PWD/munged.pid --log-file=$PWD/munged.log --seed-file=$PWD/munge.seed
            slurmctld -c && slurmd -N n1 && slurmd -N n2 || exit
            for attempt in $(seq 600); do
              [ "$(sinfo -h -t idle -o %D)" = 2 ] && exit
              sleep 0.1
            done
            exit 1
            """
        )
        guard started.status == 0 else {
            stop()
            throw SetupError(
                words: "Slurm: \(started.error) \(text(root + "/slurmctld.log"))"
                    + text(root + "/slurmd-n1.log")
            )
        }
    }

    private static func configuration(_ root: String) throws -> String {
        let user = NSUserName()
        return """
            ClusterName=test
            SlurmctldHost=localhost(127.0.0.1)
            SlurmctldPort=\(try freePort())
            AuthType=auth/munge
            AuthInfo=socket=\(root)/munge.socket
            SlurmUser=\(user)
            SlurmdUser=\(user)
            StateSaveLocation=\(root)/state
            SlurmdSpoolDir=\(root)/spool-%n
            SlurmctldPidFile=\(root)/slurmctld.pid
            SlurmdPidFile=\(root)/slurmd-%n.pid
            SlurmctldLogFile=\(root)/slurmctld.log
            SlurmdLogFile=\(root)/slurmd-%n.log
            ProctrackType=proctrack/linuxproc
            TaskPlugin=task/none
            MpiDefault=none
            SelectType=select/cons_tres
            SelectTypeParameters=CR_CPU_Memory
            JobAcctGatherType=jobacct_gather/none
            AccountingStorageType=accounting_storage/none
            SlurmdParameters=config_overrides
            KillWait=5
            NodeName=n1 NodeHostname=localhost NodeAddr=127.0.0.1 Port=\(try freePort()) CPUs=4 RealMemory=4000
            NodeName=n2 NodeHostname=localhost NodeAddr=127.0.0.1 Port=\(try freePort()) CPUs=4 RealMemory=4000
            PartitionName=main Nodes=n1,n2 Default=YES State=UP
            """
    }

    /// Runs a command line as a user of the cluster does, in the workspace.
    func run(
        _ command: String,
        deadline: Duration = .seconds(900)
    ) throws -> Outcome {
        let bin = URL(filePath: Program.built("quire")).deletingLastPathComponent().path
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        var program = Program("/bin/sh", ["-c", command], in: workspace)
        program.environment = ["PATH": bin + ":" + path, "SLURM_CONF": root + "/slurm.conf"]
        program.deadline = deadline
        return try program.run()
    }

    /// Ends it and everything that runs in it.
    func stop() {
        _ = try? run(
            """
            cd '\(root)'; scancel --user="$(id -un)"
            for daemon in slurmctld slurmd-n1 slurmd-n2 munged; do
              kill -KILL "$(cat $daemon.pid)"
            done
            """
        )
        // Such as a step's daemon, which has changed its name.
        endProcesses(mentioning: root + "/slurm.conf")
    }
}
