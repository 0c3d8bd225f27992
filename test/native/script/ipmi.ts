import * as sys from "exitrd:sys";
import { catchCode } from "./catch-code.ts";

// Never on /dev/ipmi0: the BMC of a real machine would keep what is sent here.
const fd = sys.open("/dev/null", sys.O_RDWR | sys.O_CLOEXEC);
const result = {
  send: catchCode(() => sys.ipmiSend(fd, 0x0a, 0x44, new Uint8Array(16))),
  longest: catchCode(() => sys.ipmiSend(fd, 0x0a, 0x44, new Uint8Array(272))),
  tooLong: catchCode(() => sys.ipmiSend(fd, 0x0a, 0x44, new Uint8Array(273))),
  receive: catchCode(() => sys.ipmiReceive(fd)),
};
sys.close(fd);
sys.write(1, JSON.stringify(result));
