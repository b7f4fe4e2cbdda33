import CodexSim
import Glibc

exit(CodexSim.main(arguments: Array(CommandLine.arguments.dropFirst())))
