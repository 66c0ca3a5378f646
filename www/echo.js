// A Worker that sends back whatever it is sent, so that the way to a Worker can be measured.
onmessage = ({ data: { echo, transfer } }) => postMessage(echo, transfer ? [echo] : []);
